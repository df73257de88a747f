"""The one Spark session of this process: `connect` and `disconnect`, neither of which hangs."""

import atexit
import contextlib
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyspark
from pyspark import SparkConf, SparkContext
from pyspark.sql import SparkSession

from sparklime_core.atomic_files import PRIVATE, disk_errors_explained, remove_file, write_file
from sparklime_core.errors import SparkError
from sparklime_core.paths import logs_folder, newest_folders, private_folder
from sparklime_core.spark.cluster.registry import ClusterRecord, find_cluster
from sparklime_core.spark.executors.environment_archive import archive_conf
from sparklime_core.spark.session.backend import CONNECT_MODE, Backend
from sparklime_core.spark.session.choose_backend import backend_of
from sparklime_core.spark.session.failures import one_sentence, raised_by_spark
from sparklime_core.spark.session.jvm import LOOPBACK, Gateway, forget_context, start_gateway
from sparklime_core.spark.session.master import (
    Master,
    MasterFacts,
    local_address_towards,
    parse_master,
    read_facts,
)
from sparklime_core.spark.session.spark_conf import executors_python, session_conf, without_secrets

KEPT_LOGS = 20
STOP_SECONDS = 5.0
EXECUTOR_SECONDS = 20.0
IDLE_SECONDS = 1.0
POLL_SECONDS = 0.1
REFUSED = "Failed to connect to master"
TOKEN_VARIABLE = "SPARK_CONNECT_AUTHENTICATE_TOKEN"  # noqa: S105 - the name, not the token
PATIENCE = 4
"""How many times as long a start may take where the master has shown that it is one of this version."""


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
    """

    master: Master
    facts: MasterFacts
    conf: Mapping[str, str]
    spark: SparkSession
    gateway: Gateway | None = None
    log: Path | None = None
    web_url: str | None = None

    def alive(self) -> bool:
        """Tell whether the session can still be used."""
        return (self.gateway is None or self.gateway.alive()) and not backend_of(self.spark).has_ended()

    def is_served(self) -> bool:
        """Tell whether the master still knows this application.

        One that was restarted does not, and Spark would wait for executors for ever.
        """
        if self.master.is_local or self.master.is_connect:
            return True
        known = None
        if self.facts.web_url is not None:
            known = read_facts(self.master, self.facts.web_url).applications
            if known is None:  # one that was restarted may have its page elsewhere
                known = read_facts(self.master).applications
        if known is not None:
            return backend_of(self.spark).application()[0] in known
        return bool(backend_of(self.spark).executors())

    def close(self) -> None:
        """End the session, its application and its JVM; a Connect server goes on."""
        if self.gateway is None or self.gateway.alive():
            _run_until(self.spark.stop, _after(STOP_SECONDS))
        if self.gateway is not None:
            self.gateway.stop()
        _forget_session()


_lock = threading.RLock()
_connections: list[Connection] = []


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
        approach = _approach(wanted)
        if running is not None:
            if not same and not _is_idle(running.spark):
                raise SparkError(f"A job still runs on {running.master.text}; cancel it or wait for its end.")
            disconnect()
        foreign = SparkContext._active_spark_context
        if foreign is not None:
            return _adopted(foreign, wanted)
        token = os.environ.get(TOKEN_VARIABLE) if send_token else None
        connection = _start(wanted, app_name, asked, replace(approach, token=token), deadline)
        _connections.append(connection)
        return connection.spark


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
        if _connections and not _connections[-1].alive():
            disconnect()
        return _connections[-1] if _connections else None


def connection_of(spark: SparkSession) -> Connection | None:
    """Return the connection of a session that `connect` made; never waits for another one to start."""
    return next((connection for connection in list(_connections) if connection.spark is spark), None)


def disconnect() -> None:
    """End the session that `connect` made, its application and its JVM; nothing happens where there is none."""
    with _lock:
        while _connections:
            _connections.pop().close()


atexit.register(disconnect)


def _adopted(context: SparkContext, wanted: Master) -> SparkSession:
    """Return the session that someone else made in this process, where it is on the same master."""
    if context.master in (wanted.text, wanted.url):
        return SparkSession.builder.getOrCreate()
    raise SparkError(
        f"This process already has a Spark session on {context.master}; stop it before connecting elsewhere."
    )


def _is_idle(spark: SparkSession) -> bool:
    """Tell whether no job runs; Spark hears of a job's end a moment after the one who waited for it."""
    backend = backend_of(spark)
    late = _after(IDLE_SECONDS)
    while backend.has_active_jobs():
        if late():
            return False
        time.sleep(POLL_SECONDS)
    return True


@dataclass(frozen=True)
class _Approach:
    """What is known of a master before a JVM is started for it, and the token that it may be sent."""

    address: str = LOOPBACK
    known: ClusterRecord | None = None
    facts: MasterFacts = field(default_factory=MasterFacts)
    token: str | None = None


def _approach(master: Master) -> _Approach:
    if master.is_local:
        return _Approach()
    address = local_address_towards(master)
    known = find_cluster(master.url)
    facts = read_facts(master) if known is None else read_facts(parse_master(known.url), known.web_url)
    _check_version(master, facts)
    return _Approach(address, known, facts)


def _start(
    master: Master, app_name: str, asked: Mapping[str, str], approach: _Approach, deadline: float
) -> Connection:
    facts = approach.facts
    if master.is_local or facts.version is not None:
        deadline += (PATIENCE - 1) * max(deadline - time.monotonic(), 0.0)
    if master.is_connect:
        return _start_remote(master, asked, approach, deadline)
    own = session_conf(master, app_name, approach.address, facts.workers, approach.known)
    conf = {**own, **asked}
    log = _new_log()
    gateway = start_gateway(without_secrets(conf), log, deadline)
    try:
        spark = _session(gateway, conf, master, log, deadline)
        if facts.workers:
            _await_executors(spark, len(facts.workers), min(deadline, time.monotonic() + EXECUTOR_SECONDS))
    except BaseException:
        gateway.stop()
        _forget_session()
        raise
    return Connection(master, facts, asked, spark, gateway, log)


def _start_remote(master: Master, asked: Mapping[str, str], approach: _Approach, deadline: float) -> Connection:
    from sparklime_core.spark.session.connect_session import open_session  # noqa: PLC0415 - imports gRPC

    token = approach.known.secret if approach.known is not None else approach.token
    spark = open_session(master, asked, token, deadline)
    _wait_for_connect_executors(backend_of(spark), max(len(approach.facts.workers), 1), deadline)
    page = approach.known.connect_web_url if approach.known is not None else None
    return Connection(master, approach.facts, asked, spark, web_url=page)


def _wait_for_connect_executors(backend: Backend, expected: int, deadline: float) -> None:
    """Ask the executors of a server who they are; where others hold all cores, that is not known yet."""
    with contextlib.suppress(SparkError):
        while len(backend.executors()) < expected and time.monotonic() < deadline:
            backend.renew(max(deadline - time.monotonic(), 1.0))


def _check_version(master: Master, facts: MasterFacts) -> None:
    own = pyspark.__version__
    if facts.version is not None and facts.version.split(".")[:2] != own.split(".")[:2]:
        raise SparkError(
            f"The master {master.text} runs Spark {facts.version}, and SparkLIME here runs Spark {own}; "
            "the two must be of the same version."
        )


def _session(
    gateway: Gateway, conf: Mapping[str, str], master: Master, log: Path, deadline: float
) -> SparkSession:
    """Start the context and the session; a master of another version, or no master at all, never answers."""
    made: list[SparkSession] = []
    failed: list[str] = []

    def make() -> None:
        try:
            settings = SparkConf(loadDefaults=False).setAll(list(conf.items()))
            made.append(SparkSession(SparkContext(conf=settings, gateway=gateway.python)))
        except Exception as error:  # noqa: BLE001 - py4j's, Java's or PySpark's own; told as one sentence below
            failed.append(one_sentence(error))

    ended = _run_until(make, lambda: time.monotonic() > deadline or _is_refused(master, log))
    if made:
        spark = made[0]
        spark.sparkContext.pythonExec = executors_python(conf)
        return spark
    if ended and "unresponsive" not in failed[0]:
        raise SparkError(f"Spark did not start on {master.text}: {failed[0]}")
    raise SparkError(
        f"What answers at {master.text} does not answer as a master of Spark {pyspark.__version__}: "
        "it is none, or one of another version, or it wants a secret."
    )


def _is_refused(master: Master, log: Path) -> bool:
    """Tell whether all addresses of a master have refused the driver, whom Spark would go on asking."""
    return not master.is_local and log.read_text(errors="replace").count(REFUSED) >= len(master.addresses)


def _await_executors(spark: SparkSession, expected: int, deadline: float) -> None:
    """Wait for the executors, so that the first job does not run on the first of them alone."""
    status = spark.sparkContext._jsc.sc()
    while status.getExecutorMemoryStatus().size() - 1 < expected and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)


def _new_log() -> Path:
    folder = logs_folder() / "drivers"
    with disk_errors_explained(folder):
        private_folder(folder)
        for old in newest_folders(folder, "*.log")[KEPT_LOGS - 1 :]:
            remove_file(old)
        log = folder / f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}-{os.getpid()}.log"
        write_file(log, "", PRIVATE)
    return log


def _after(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


def _run_until(action: Callable[[], Any], given_up: Callable[[], bool]) -> bool:
    """Run something in a thread of its own for as long as there is hope; tell whether it has ended."""
    thread = threading.Thread(target=action, daemon=True)
    thread.start()
    while thread.is_alive() and not given_up():
        thread.join(POLL_SECONDS)
    return not thread.is_alive()


def _forget_session() -> None:
    forget_context()
    os.environ.pop(CONNECT_MODE, None)
    SparkSession._instantiatedSession = None
    SparkSession._activeSession = None
