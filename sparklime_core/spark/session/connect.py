"""The one Spark session of this process: `connect` and `disconnect`, which never hang, and the pages about it.

PySpark has one context a process, so there is one `Connection`, which this module holds.
"""

import atexit
import os
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pyspark import SparkContext
from pyspark.sql import SparkSession

from sparklime_core.errors import SparkError
from sparklime_core.spark.executors.environment_archive import archive_conf
from sparklime_core.spark.session.choose_backend import backend_of
from sparklime_core.spark.session.connection import Connection
from sparklime_core.spark.session.failures import raised_by_spark
from sparklime_core.spark.session.master import Master, parse_master, read_facts
from sparklime_core.spark.session.start_session import approach, start

EMBEDDED = "local[*]"
SUBMITTED = "PYSPARK_GATEWAY_PORT"
"""The environment variable by which ``spark-submit`` tells a script of its JVM."""

TOKEN_VARIABLE = "SPARK_CONNECT_AUTHENTICATE_TOKEN"  # noqa: S105 - the name, not the token
_lock = threading.RLock()
_connection: Connection | None = None


@raised_by_spark("Spark cannot be connected to")
def connect(
    master: str | None = None,
    *,
    app_name: str = "SparkLIME",
    archive: str | os.PathLike[str] | None = None,
    conf: Mapping[str, str] | None = None,
    timeout: float = 25.0,
    send_token: bool = True,
) -> SparkSession:
    """Return a session on a master: the running one where it is the same, a new one otherwise.

    A session that somebody else has made in this process (``spark-submit``, a notebook, Databricks Connect) is
    taken as it is, and never stopped.

    Parameters
    ----------
    master
        ``local[N]``, ``local[*]``, ``spark://host:port`` of a standalone master, ``sc://host:port`` of a server
        of Spark Connect, ``yarn``, or ``k8s://https://host:port``. None: the session that this process has,
        ``local[*]`` where it has none. The token that a server of Spark Connect may want is in
        ``SPARK_CONNECT_AUTHENTICATE_TOKEN``.
    app_name
        Name of the application on Spark's pages.
    archive
        The environment that the executors of a cluster run, as ``sparklime pack`` makes it; the one that
        ``SPARKLIME_ARCHIVE`` names when None, and else the Python that the workers have.
    conf
        Further settings of Spark; they win over SparkLIME's own. ``spark.pyspark.python`` is the Python that
        the executors run. Over Spark Connect only settings that a session can have. A session that somebody else
        has made keeps its own settings.
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
        of Spark, there is no Java, a job still runs on another master, or the session of somebody else is on
        another master or was to have other settings.
    """
    deadline = time.monotonic() + timeout
    with _lock:
        running = current()
        given = given_session()
        wanted = _wanted(master, running, given)
        asked = {**_shipped(wanted, archive), **(conf or {})}
        same = running is not None and running.master == wanted and running.conf == asked
        if running is not None and same and running.is_served():
            return _active_here(running.spark)
        if given is not None:
            made = _adopted(given, wanted, asked, is_set=bool(conf) or archive is not None)
            _hold(made)
            return _active_here(made.spark)
        known = approach(wanted)
        if running is not None:
            if not same and not running.is_idle():
                raise SparkError(f"A job still runs on {running.master.text}; cancel it or wait for its end.")
            disconnect()
        token = os.environ.get(TOKEN_VARIABLE) if send_token else None
        made = start(wanted, app_name, asked, replace(known, token=token), deadline)
        _hold(made)
        return _active_here(made.spark)


def given_session() -> SparkSession | None:
    """Return the session that somebody else has made in this process, or that ``spark-submit`` has begun."""
    if _connection is not None and not _connection.is_adopted:
        return None
    connect_module = sys.modules.get("pyspark.sql.connect.session")
    if connect_module is not None:
        found: SparkSession | None = connect_module.SparkSession.getActiveSession()
        found = found or connect_module.SparkSession._get_default_session()
        if found is not None:
            return found
    if SparkContext._active_spark_context is not None or SUBMITTED in os.environ:
        return SparkSession.builder.getOrCreate()
    return None


def _active_here(spark: SparkSession) -> SparkSession:
    """Return a session that the models of ``pyspark.ml`` find.

    They look for the active one, which over Spark Connect each thread has for itself: another may have connected.
    """
    connect_module = sys.modules.get("pyspark.sql.connect.session")
    if connect_module is not None and isinstance(spark, connect_module.SparkSession):
        connect_module.SparkSession._active_session.session = spark
    return spark


def _wanted(master: str | None, running: Connection | None, given: SparkSession | None) -> Master:
    """Return the master to connect to: the one that is named, or that of the session there is."""
    if master is not None:
        return parse_master(master)
    if given is not None:
        return _given_master(given)
    return parse_master(EMBEDDED) if running is None else running.master


def _given_master(given: SparkSession) -> Master:
    text = backend_of(given).master
    try:
        return parse_master(text)
    except SparkError:  # one that we would not start ourselves
        return Master(text, text)


def _shipped(master: Master, archive: str | os.PathLike[str] | None) -> dict[str, str]:
    """Return the settings by which the executors run the Python of an archive."""
    if master.is_connect and archive is not None:
        raise SparkError(
            "The server of Spark Connect chooses what its executors run; an archive cannot be shipped to them."
        )
    place = archive or os.environ.get("SPARKLIME_ARCHIVE")
    return archive_conf(place) if place and not master.is_local and not master.is_connect else {}


def current() -> Connection | None:
    """Return the connection of this process; one that has died is cleared away."""
    with _lock:
        if _connection is not None and not _connection.alive():
            disconnect()
        return _connection


def present() -> Connection | None:
    """Return the connection of this process; it never waits for one that starts."""
    return _connection


def master_of(spark: SparkSession) -> str:
    """Return the master of a session, as it was given to `connect`, or else as Spark names it."""
    if _connection is not None and _connection.spark is spark:
        return _connection.master.text
    return backend_of(spark).master


def disconnect() -> None:
    """End the session that `connect` made, its application and its JVM; that of somebody else goes on."""
    with _lock:
        if _connection is not None:
            ended = _connection
            _hold(None)
            ended.close()


@atexit.register
def _disconnect_at_exit() -> None:
    """End the session; one that another thread still starts ends with this process, as its JVM does."""
    if _lock.acquire(blocking=False):
        try:
            disconnect()
        finally:
            _lock.release()


def _hold(connection: Connection | None) -> None:
    global _connection  # noqa: PLW0603 - the one of this process
    _connection = connection


def _adopted(given: SparkSession, wanted: Master, asked: Mapping[str, str], *, is_set: bool) -> Connection:
    """Return the session that someone else made in this process, where it is on the same master."""
    own = _given_master(given)
    if (own.url, own.addresses) != (wanted.url, wanted.addresses) and own.text != wanted.text:
        raise SparkError(
            f"This process already has a Spark session on {own.text}; name no other master, or stop that session."
        )
    if is_set:
        raise SparkError(
            f"This process already has a Spark session on {own.text}, which keeps its settings and its archive; "
            "give them to the program that starts it, such as spark-submit."
        )
    return Connection(wanted, read_facts(wanted), asked, given, is_adopted=True)


@dataclass(frozen=True)
class ApplicationInfo:
    """A session's application.

    Attributes
    ----------
    application
        Spark's id.
    links
        Web pages by name: ``"application"``, and of a standalone master ``"master"`` and ``"worker 1"`` and so on.
    """

    application: str
    links: dict[str, str]


def application(spark: SparkSession) -> ApplicationInfo:
    """Return a session's application and the web pages about it.

    Raises
    ------
    SparkError
        When the session has ended.
    """
    application_id, page = backend_of(spark).application()
    links = {"application": page} if page else {}
    return ApplicationInfo(application_id, {**links, **_master_links(spark)})


def _master_links(spark: SparkSession) -> dict[str, str]:
    connection = present()
    if connection is None or connection.spark is not spark or connection.facts.web_url is None:
        return {}
    application = {"application": connection.web_url} if connection.web_url else {}
    pages = {f"worker {n}": worker["webuiaddress"] for n, worker in enumerate(connection.facts.workers, 1)}
    return {**application, "master": connection.facts.web_url, **pages}
