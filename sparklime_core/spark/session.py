"""The one Spark session of this process: `connect` and `disconnect`, neither of which hangs."""

import atexit
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyspark
from pyspark import SparkConf
from pyspark.core.context import SparkContext
from pyspark.sql import SparkSession

from sparklime_core.errors import SparkError
from sparklime_core.spark.failures import one_sentence
from sparklime_core.spark.gateway import LOOPBACK, Gateway, forget_context, start_gateway
from sparklime_core.spark.known import KnownCluster, find_cluster
from sparklime_core.spark.masters import Master, MasterFacts, local_address_towards, parse_master, read_facts
from sparklime_core.spark.places import logs_folder, newest_folders

KEPT_LOGS = 20
EXECUTOR_MEMORY = 1024
SMALLEST_EXECUTOR_MEMORY = 512
STOP_SECONDS = 5.0
PATIENCE = 4
"""How many times as long a start may take where the master has shown that it is one of this version."""

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
SECRETIVE = ("secret", "password", "token", "key")


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
        The session and its JVM.
    log
        What the JVM prints, and in embedded mode what the Python workers print.
    """

    master: Master
    facts: MasterFacts
    conf: Mapping[str, str]
    spark: SparkSession
    gateway: Gateway
    log: Path

    def alive(self) -> bool:
        """Tell whether the session can still be used."""
        context = self.spark.sparkContext._jsc
        return self.gateway.alive() and context is not None and not context.sc().isStopped()


_lock = threading.RLock()
_connections: list[Connection] = []


def connect(
    master: str = "local[*]",
    *,
    app_name: str = "SparkLIME",
    conf: Mapping[str, str] | None = None,
    timeout: float = 25.0,
) -> SparkSession:
    """Return a session on a master: the running one where it is the same, a new one otherwise.

    Parameters
    ----------
    master
        ``local[N]``, ``local[*]``, or ``spark://host:port`` of a standalone master.
    app_name
        Name of the application on Spark's pages.
    conf
        Further settings of Spark; they win over SparkLIME's own. ``spark.pyspark.python`` is the Python that
        the executors run.
    timeout
        Seconds after which the attempt ends; four times as long where it is known that only this machine is
        slow: embedded Spark, or a master whose web page shows this version of Spark.

    Raises
    ------
    SparkError
        When the master's text makes no sense, nothing answers there, what answers is not a master of this version
        of Spark, there is no Java, or a job still runs on another master.
    """
    deadline = time.monotonic() + timeout
    wanted, asked = parse_master(master), dict(conf or {})
    with _lock:
        running = current()
        if running is not None and running.master == wanted and running.conf == asked:
            return running.spark
        if running is not None:
            if running.spark.sparkContext.statusTracker().getActiveJobsIds():
                raise SparkError(f"A job still runs on {running.master.text}; cancel it or wait for its end.")
            disconnect()
        foreign = SparkContext._active_spark_context
        if foreign is not None:
            return _adopted(foreign, wanted)
        connection = _start(wanted, app_name, asked, deadline)
        _connections.append(connection)
        return connection.spark


def current() -> Connection | None:
    """Return the connection of this process; one that has died is cleared away."""
    with _lock:
        if _connections and not _connections[-1].alive():
            disconnect()
        return _connections[-1] if _connections else None


def disconnect() -> None:
    """End the session that `connect` made, its application and its JVM; nothing happens where there is none."""
    with _lock:
        while _connections:
            connection = _connections.pop()
            if connection.gateway.alive():
                _within(STOP_SECONDS, connection.spark.stop)
            connection.gateway.stop()
            _forget_session()


atexit.register(disconnect)


def _adopted(context: SparkContext, wanted: Master) -> SparkSession:
    """Return the session that someone else made in this process, where it is on the same master."""
    if context.master in (wanted.text, wanted.url):
        return SparkSession.builder.getOrCreate()
    raise SparkError(
        f"This process already has a Spark session on {context.master}; stop it before connecting elsewhere."
    )


def _start(master: Master, app_name: str, asked: Mapping[str, str], deadline: float) -> Connection:
    address, known, facts = LOOPBACK, None, MasterFacts()
    if not master.is_local:
        address = local_address_towards(master)
        known = find_cluster(master.url)
        facts = read_facts(master, known.web_url if known else None)
        _check_version(master, facts)
    if master.is_local or facts.version is not None:
        deadline += (PATIENCE - 1) * max(deadline - time.monotonic(), 0.0)
    settings = {**_settings(master, app_name, address, facts, known), **asked}
    log = _new_log()
    # A command line is seen by everybody on the machine; the context is told of secrets by other means.
    told = {key: value for key, value in settings.items() if not any(word in key.lower() for word in SECRETIVE)}
    gateway = start_gateway(told, log, deadline)
    try:
        spark = _session(gateway, settings, master, deadline)
        if facts.workers:
            _await_executors(spark, len(facts.workers), deadline)
    except BaseException:
        gateway.stop()
        _forget_session()
        raise
    return Connection(master, facts, asked, spark, gateway, log)


def _settings(
    master: Master, app_name: str, address: str, facts: MasterFacts, known: KnownCluster | None
) -> dict[str, str]:
    settings = {
        "spark.master": master.url,
        "spark.app.name": app_name,
        "spark.driver.host": address,
        "spark.driver.bindAddress": address,
        "spark.driver.memory": "2g",
        "spark.driver.maxResultSize": "1g",
        "spark.ui.port": "0",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "WARN",
        "spark.scheduler.mode": "FAIR",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.python.worker.reuse": "true",
        # How long a Python worker may go on after its task was cancelled.
        "spark.python.task.killTimeout": "500ms",
        **{f"spark.executorEnv.{name}": "1" for name in ONE_THREAD},
    }
    if facts.workers:
        # An executor that is larger than a worker's memory would be waited for in vain.
        fitting = min(int(worker["memory"]) for worker in facts.workers)
        settings["spark.executor.memory"] = f"{max(min(EXECUTOR_MEMORY, fitting), SMALLEST_EXECUTOR_MEMORY)}m"
    if known is not None:
        settings["spark.authenticate"] = "true"
        settings["spark.authenticate.secret"] = known.secret
    return settings


def _check_version(master: Master, facts: MasterFacts) -> None:
    own = pyspark.__version__
    if facts.version is not None and facts.version.split(".")[:2] != own.split(".")[:2]:
        raise SparkError(
            f"The master {master.text} runs Spark {facts.version}, and SparkLIME here runs Spark {own}; "
            "the two must be of the same version."
        )


def _session(gateway: Gateway, settings: Mapping[str, str], master: Master, deadline: float) -> SparkSession:
    """Start the context and the session; a master of another version, or no master at all, never answers."""
    made: list[SparkSession] = []
    failed: list[str] = []

    def make() -> None:
        try:
            conf = SparkConf(loadDefaults=False).setAll(list(settings.items()))
            made.append(SparkSession(SparkContext(conf=conf, gateway=gateway.python)))
        except Exception as error:  # noqa: BLE001 - py4j's, Java's or PySpark's own; told as one sentence below
            failed.append(one_sentence(error))

    ended = _within(deadline - time.monotonic(), make)
    if made:
        spark = made[0]
        spark.sparkContext.pythonExec = _executors_python(settings)
        return spark
    if ended and "unresponsive" not in failed[0]:
        raise SparkError(f"Spark did not start on {master.text}: {failed[0]}")
    raise SparkError(
        f"What answers at {master.text} does not answer as a master of Spark {pyspark.__version__}: "
        "it is none, or one of another version, or it wants a secret."
    )


def _executors_python(settings: Mapping[str, str]) -> str:
    return settings.get("spark.pyspark.python") or os.environ.get("PYSPARK_PYTHON") or sys.executable


def _await_executors(spark: SparkSession, expected: int, deadline: float) -> None:
    """Wait for the executors, so that the first job does not run on the first of them alone."""
    status = spark.sparkContext._jsc.sc()
    while status.getExecutorMemoryStatus().size() - 1 < expected and time.monotonic() < deadline:
        time.sleep(0.1)


def _new_log() -> Path:
    folder = logs_folder() / "drivers"
    folder.mkdir(parents=True, exist_ok=True)
    for old in newest_folders(folder, "*.log")[KEPT_LOGS - 1 :]:
        old.unlink(missing_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    return folder / f"{stamp}-{os.getpid()}.log"


def _within(seconds: float, action: Callable[[], Any]) -> bool:
    """Run something in a thread for at most so many seconds; tell whether it has ended."""
    thread = threading.Thread(target=action, daemon=True)
    thread.start()
    thread.join(max(seconds, 0.0))
    return not thread.is_alive()


def _forget_session() -> None:
    forget_context()
    SparkSession._instantiatedSession = None
    SparkSession._activeSession = None
