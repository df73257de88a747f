"""The one Spark session of this process: `connect` and `disconnect`, neither of which hangs.

PySpark has one context a process, so there is one `Connection`, which this module holds.
"""

import atexit
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import replace

from pyspark import SparkContext
from pyspark.sql import SparkSession

from sparklime_core.errors import SparkError
from sparklime_core.spark.executors.environment_archive import archive_conf
from sparklime_core.spark.session.failures import raised_by_spark
from sparklime_core.spark.session.master import Master, MasterFacts, parse_master
from sparklime_core.spark.session.owner import Connection
from sparklime_core.spark.session.start_session import approach, start

TOKEN_VARIABLE = "SPARK_CONNECT_AUTHENTICATE_TOKEN"  # noqa: S105 - the name, not the token

_lock = threading.RLock()
_connection: Connection | None = None


@raised_by_spark("Spark cannot be connected to")
def connect(
    master: str = "local[*]",
    *,
    app_name: str = "SparkLIME",
    archive: str | os.PathLike[str] | None = None,
    conf: Mapping[str, str] | None = None,
    timeout: float = 25.0,
    send_token: bool = True,
) -> SparkSession:
    """Return a session on a master: the running one where it is the same, a new one otherwise.

    Parameters
    ----------
    master
        ``local[N]``, ``local[*]``, ``spark://host:port`` of a standalone master, or ``sc://host:port`` of a server
        of Spark Connect; the token that such a server may want is in ``SPARK_CONNECT_AUTHENTICATE_TOKEN``.
    app_name
        Name of the application on Spark's pages.
    archive
        The environment that the executors of a standalone master run, as ``sparklime pack`` makes it; the one that
        ``SPARKLIME_ARCHIVE`` names when None, and else the Python that the workers have.
    conf
        Further settings of Spark; they win over SparkLIME's own. ``spark.pyspark.python`` is the Python that
        the executors run. Over Spark Connect only settings that a session can have.
    timeout
        Seconds after which the attempt ends; four times as long where it is known that only this machine is
        slow: embedded Spark, or a master whose web page shows this version of Spark.
    send_token
        Whether a server of Spark Connect is sent the token of ``SPARK_CONNECT_AUTHENTICATE_TOKEN``: not where
        somebody else than the owner of the token has named the server.

    Raises
    ------
    SparkError
        When the master's text makes no sense, nothing answers there, what answers is not a master of this version
        of Spark, there is no Java, or a job still runs on another master.
    """
    deadline = time.monotonic() + timeout
    wanted = parse_master(master)
    asked = {**_shipped(wanted, archive), **(conf or {})}
    with _lock:
        running = current()
        same = running is not None and running.master == wanted and running.conf == asked
        if running is not None and same and running.is_served():
            return running.spark
        known = approach(wanted)
        if running is not None:
            if not same and not running.is_idle():
                raise SparkError(f"A job still runs on {running.master.text}; cancel it or wait for its end.")
            disconnect()
        foreign = SparkContext._active_spark_context
        if foreign is not None:
            made = _adopted(foreign, wanted, known.facts, asked)
        else:
            token = os.environ.get(TOKEN_VARIABLE) if send_token else None
            made = start(wanted, app_name, asked, replace(known, token=token), deadline)
        _hold(made)
        return made.spark


def _shipped(master: Master, archive: str | os.PathLike[str] | None) -> dict[str, str]:
    """Return the settings by which the executors run the Python of an archive."""
    if master.is_connect and archive is not None:
        raise SparkError(
            "The server of Spark Connect chooses what its executors run; "
            "an archive can be shipped to those of a spark:// master alone."
        )
    place = archive or os.environ.get("SPARKLIME_ARCHIVE")
    return archive_conf(place) if place and master.is_standalone else {}


def current() -> Connection | None:
    """Return the connection of this process; one that has died is cleared away."""
    with _lock:
        if _connection is not None and not _connection.alive():
            disconnect()
        return _connection


def present() -> Connection | None:
    """Return the connection of this process as it is; never waits for another one to start."""
    return _connection


def disconnect() -> None:
    """End the session that `connect` made, its application and its JVM; nothing happens where there is none."""
    with _lock:
        if _connection is not None:
            ended = _connection
            _hold(None)
            ended.close()


atexit.register(disconnect)


def _hold(connection: Connection | None) -> None:
    global _connection  # noqa: PLW0603 - the one of this process
    _connection = connection


def _adopted(context: SparkContext, wanted: Master, facts: MasterFacts, asked: Mapping[str, str]) -> Connection:
    """Return the session that someone else made in this process, where it is on the same master."""
    if context.master in (wanted.text, wanted.url):
        return Connection(wanted, facts, asked, SparkSession.builder.getOrCreate(), is_adopted=True)
    raise SparkError(
        f"This process already has a Spark session on {context.master}; stop it before connecting elsewhere."
    )
