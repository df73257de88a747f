"""`Connection`: the one owner of a session, its JVM, its log, and what is known of its master."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pyspark import SparkContext
from pyspark.sql import SparkSession

from sparklime_core.spark.session.backend import CONNECT_MODE, Backend
from sparklime_core.spark.session.choose_backend import backend_of
from sparklime_core.spark.session.jvm import Gateway, forget_context
from sparklime_core.spark.session.master import Master, MasterFacts, read_facts
from sparklime_core.waiting import after, begin, call, wait_for

STOP_SECONDS = 5.0
IDLE_SECONDS = 1.0


@dataclass(frozen=True)
class Connection:
    """A session and what it stands on.

    Attributes
    ----------
    master, facts
        What it is connected to.
    conf
        The settings that were asked for.
    spark, gateway
        The session and its JVM; None over Spark Connect, where it is the server's.
    log
        What the JVM prints, and in embedded mode what the Python workers print; None over Spark Connect.
    web_url
        Of a Connect server's application, where that is known: the session itself cannot tell.
    is_adopted
        Whether somebody else in this process made the session; it is then left to them.
    """

    master: Master
    facts: MasterFacts
    conf: Mapping[str, str]
    spark: SparkSession
    gateway: Gateway | None = None
    log: Path | None = None
    web_url: str | None = None
    is_adopted: bool = False

    @property
    def backend(self) -> Backend:
        """The session, as the rest of this package uses it; its record has what was shipped and checked."""
        return backend_of(self.spark)

    def alive(self) -> bool:
        """Tell whether the session can still be used."""
        return (self.gateway is None or self.gateway.alive()) and not self.backend.has_ended()

    def is_served(self) -> bool:
        """Tell whether the master still knows this application.

        One that was restarted does not, and Spark would wait for executors for ever.
        """
        if not self.master.is_standalone:
            return True
        known = None
        if self.facts.web_url is not None:
            known = read_facts(self.master, self.facts.web_url).applications
            if known is None:  # one that was restarted may have its page elsewhere
                known = read_facts(self.master).applications
        if known is not None:
            return self.backend.application()[0] in known
        return bool(self.backend.executors())

    def close(self) -> None:
        """End the session, its application and its JVM; a Connect server and an adopted session go on."""
        if self.is_adopted:
            return
        if self.gateway is None:
            with suppress(Exception):
                call(self.spark.stop, after(STOP_SECONDS))
        else:
            _stop(self.spark.sparkContext, self.gateway)
        forget_session()

    def is_idle(self) -> bool:
        """Tell whether no job runs; Spark hears of a job's end a moment after the one who waited for it."""
        return wait_for(lambda: not self.backend.has_active_jobs(), after(IDLE_SECONDS))


def _stop(context: SparkContext, gateway: Gateway) -> None:
    """End a context and its JVM, as ``SparkContext.stop`` does.

    That one waits for PySpark's server of accumulators, which looks once a second whether it is to end. It ends at
    once when the JVM is gone, so that it is told to afterwards.
    """
    if gateway.alive():
        with suppress(Exception):
            call(context._jsc.stop, after(STOP_SECONDS))
    server, context._jsc, context._accumulatorServer = context._accumulatorServer, None, None  # type: ignore[assignment]
    if server is not None:
        setattr(server, "handle_error", lambda *_: None)  # noqa: B010 - it would print that its JVM is gone
    gateway.stop()
    if server is not None:
        begin(server.shutdown)


def forget_session() -> None:
    """Let PySpark start afresh: it keeps the session, and its kind, in class attributes and in the environment."""
    forget_context()
    os.environ.pop(CONNECT_MODE, None)
    SparkSession._instantiatedSession = None
    SparkSession._activeSession = None
