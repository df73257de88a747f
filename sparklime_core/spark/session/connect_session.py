"""Open a session on a server of Spark Connect; where something else listens, end in time."""

import os
import time
from collections.abc import Callable, Mapping
from typing import Any, cast

import grpc
import pyspark
from pyspark.sql import SparkSession
from pyspark.sql.connect.client import DefaultChannelBuilder
from pyspark.sql.connect.client.retries import DefaultPolicy
from pyspark.sql.connect.session import SparkSession as ConnectSession

from sparklime_core.errors import SparkError
from sparklime_core.spark.session.backend import CONNECT_MODE
from sparklime_core.spark.session.failures import one_sentence
from sparklime_core.spark.session.jvm import LOOPBACK
from sparklime_core.spark.session.master import Master
from sparklime_core.waiting import GaveUpError, after, call

MOST_RETRIES = 4
"""PySpark would retry for ten minutes when a server is gone; this is some five seconds."""

OWN_CONF = {
    # The plan of a wave holds its rows and is never asked for twice.
    "spark.connect.session.planCache.enabled": "false",
}


class Channel(DefaultChannelBuilder):
    """PySpark's channel, which sends a token without TLS to ``localhost`` alone, also for ``127.0.0.1``.

    Parameters
    ----------
    url
        Of the server.
    token
        What the server is sent. PySpark's own channel would send any server the token of the environment.
    """

    def __init__(self, url: str, token: str | None) -> None:
        super().__init__(url)
        self._token = token

    @property
    def token(self) -> str | None:
        """The token; None: the server is sent none."""
        return self._token

    def toChannel(self) -> grpc.Channel:  # noqa: N802 - PySpark's name
        """Return the channel."""
        if self.token is None or self.use_ssl or self.host != LOOPBACK:
            return super().toChannel()
        credentials = grpc.composite_channel_credentials(
            grpc.local_channel_credentials(), grpc.access_token_call_credentials(self.token)
        )
        return self._secure_channel(self.endpoint, credentials)


def open_session(master: Master, conf: Mapping[str, str], token: str | None, deadline: float) -> SparkSession:
    """Open a session, and let PySpark's functions make columns for it.

    Parameters
    ----------
    master
        The server.
    conf
        Settings of the session.
    token
        The token that the server asks for; None: it is sent none.
    deadline
        On the clock of `time.monotonic`.

    Raises
    ------
    SparkError
        When what answers is no server of this version of Spark, does not let us in, or refuses a setting.
    """
    channel = Channel(master.url, token)
    _await_ready(channel, master, deadline)
    os.environ[CONNECT_MODE] = "1"
    spark = ConnectSession.builder.channelBuilder(channel).create()
    try:
        spark.client.set_retry_policies([DefaultPolicy(max_retries=MOST_RETRIES)])
        _check_version(_asked(lambda: spark.version, master, deadline), master)
        for key, value in {**OWN_CONF, **conf}.items():
            _asked(lambda key=key, value=value: spark.conf.set(key, value), master, deadline)  # type: ignore[misc]
    except BaseException:
        spark.stop()
        os.environ.pop(CONNECT_MODE, None)
        raise
    return cast(SparkSession, spark)


def _await_ready(builder: Channel, master: Master, deadline: float) -> None:
    """Wait until the server speaks gRPC; PySpark itself would go on trying."""
    channel = builder.toChannel()
    try:
        grpc.channel_ready_future(channel).result(max(deadline - time.monotonic(), 1.0))
    except grpc.FutureTimeoutError:
        raise SparkError(
            f"The server at {master.text} does not answer as a server of Spark Connect; check the "
            "address, and whether it wants TLS (/;use_ssl=true)."
        ) from None
    finally:
        channel.close()


def _asked(question: Callable[[], Any], master: Master, deadline: float) -> Any:
    """Return what the server answers."""
    try:
        return call(question, after(max(deadline - time.monotonic(), 1.0)))
    except GaveUpError:
        raise SparkError(f"The Spark Connect server {master.text} did not answer in time.") from None
    except Exception as error:
        if "UNAUTHENTICATED" in str(error):
            raise SparkError(
                f"The Spark Connect server {master.text} wants a token, or another one; "
                "put it into the environment variable SPARK_CONNECT_AUTHENTICATE_TOKEN."
            ) from error
        raise SparkError(f"Spark Connect at {master.text} refused: {one_sentence(error)}") from error


def _check_version(version: str, master: Master) -> None:
    own = pyspark.__version__
    if version.split(".")[:2] != own.split(".")[:2]:
        raise SparkError(
            f"The Spark Connect server {master.text} runs Spark {version}, and SparkLIME here runs Spark {own}; "
            "the two must be of the same version."
        )
