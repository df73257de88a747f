"""Start a session on a master: a JVM and a context in it, or a session on a server of Spark Connect."""

import contextlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pyspark
from pyspark import SparkConf, SparkContext
from pyspark.sql import SparkSession

from sparklime_core.atomic_files import PRIVATE, disk_errors_explained, remove_file, write_file
from sparklime_core.errors import SparkError
from sparklime_core.paths import logs_folder, newest_folders, private_folder
from sparklime_core.spark.cluster.local_cluster import ClusterRecord, find_cluster
from sparklime_core.spark.session.backend import Backend
from sparklime_core.spark.session.choose_backend import backend_of
from sparklime_core.spark.session.connection import Connection, forget_session
from sparklime_core.spark.session.failures import one_sentence
from sparklime_core.spark.session.jvm import LOOPBACK, Gateway, start_gateway
from sparklime_core.spark.session.master import (
    Master,
    MasterFacts,
    local_address_towards,
    parse_master,
    read_facts,
)
from sparklime_core.spark.session.spark_conf import daemon_conf, executors_python, session_conf, without_secrets
from sparklime_core.waiting import GaveUpError, call, passed, wait_for

KEPT_LOGS = 20
EXECUTOR_SECONDS = 20.0
REFUSED = "Failed to connect to master"
PATIENCE = 4
"""A start may take so many times as long where only this machine can be slow: see `connect`."""


@dataclass(frozen=True)
class Approach:
    """What is known of a master before a JVM is started for it, and the token that it may be sent.

    The address is the one at which executors reach this process; None where Spark has to find it.
    """

    address: str | None = LOOPBACK
    known: ClusterRecord | None = None
    facts: MasterFacts = field(default_factory=MasterFacts)
    token: str | None = None


def approach(master: Master) -> Approach:
    """Learn what can be known of a master without a JVM.

    Raises
    ------
    SparkError
        When nothing answers there, or it runs another version of Spark.
    """
    if master.is_local:
        return Approach()
    if master.is_managed:
        return Approach(address=None)
    address = local_address_towards(master)
    known = find_cluster(master.url)
    facts = read_facts(master) if known is None else read_facts(parse_master(known.url), known.web_url)
    _check_version(master, facts)
    return Approach(address, known, facts)


def start(
    master: Master, app_name: str, asked: Mapping[str, str], approach: Approach, deadline: float
) -> Connection:
    """Start a JVM and a session on a master, or open a session on a Connect server.

    Parameters
    ----------
    asked
        Settings of Spark that win over SparkLIME's own.
    deadline
        On the clock of `time.monotonic`.

    Raises
    ------
    SparkError
        When it does not start, or not in time.
    """
    facts = approach.facts
    if master.is_local or master.is_managed or facts.version is not None:
        deadline += (PATIENCE - 1) * max(deadline - time.monotonic(), 0.0)
    if master.is_connect:
        return _start_connect(master, asked, approach, deadline)
    own = session_conf(master, app_name, approach.address, facts.workers, approach.known)
    conf = {**own, **daemon_conf(master, approach.known, asked), **asked}
    log = _new_log()
    gateway = start_gateway(without_secrets(conf), log, deadline)
    try:
        spark = _session(gateway, conf, master, log, deadline)
        if facts.workers:
            _await_executors(spark, len(facts.workers), min(deadline, time.monotonic() + EXECUTOR_SECONDS))
    except BaseException:
        gateway.stop()
        forget_session()
        raise
    return Connection(master, facts, asked, spark, gateway, log)


def _start_connect(master: Master, asked: Mapping[str, str], approach: Approach, deadline: float) -> Connection:
    from sparklime_core.spark.session.connect_session import open_session  # noqa: PLC0415 - imports gRPC

    token = approach.known.secret if approach.known is not None else approach.token
    spark = open_session(master, asked, token, deadline)
    _wait_for_connect_executors(backend_of(spark), max(len(approach.facts.workers), 1), deadline)
    page = approach.known.connect_web_url if approach.known is not None else None
    return Connection(master, approach.facts, asked, spark, web_url=page)


def _wait_for_connect_executors(backend: Backend, expected: int, deadline: float) -> None:
    """Ask the executors of a server for their ids; where others use all cores, they cannot answer yet."""
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
    """Start the context and the session; a master of another version never answers, nor does another program."""

    def make() -> SparkSession:
        settings = SparkConf(loadDefaults=False).setAll(list(conf.items()))
        return SparkSession(SparkContext(conf=settings, gateway=gateway.python))

    try:
        spark = call(make, lambda: time.monotonic() > deadline or _is_refused(master, log))
    except Exception as error:
        reason = None if isinstance(error, GaveUpError) else one_sentence(error)
        if reason is not None and "unresponsive" not in reason:
            raise SparkError(f"Spark did not start on {master.text}: {reason}") from error
        if master.is_managed:
            raise SparkError(f"Spark did not start on {master.text} in time; its log is {log}.") from error
        raise SparkError(
            f"The server at {master.text} does not answer as a master of Spark {pyspark.__version__}: it "
            "is no master, has another version, or wants a secret."
        ) from error
    spark.sparkContext.pythonExec = executors_python(conf)
    return spark


def _is_refused(master: Master, log: Path) -> bool:
    """Return whether all addresses of a master have refused the driver. Spark itself would try again and again."""
    return master.is_standalone and log.read_text(errors="replace").count(REFUSED) >= len(master.addresses)


def _await_executors(spark: SparkSession, expected: int, deadline: float) -> None:
    """Wait for the executors: otherwise the first job runs on the first executor alone."""
    status = spark.sparkContext._jsc.sc()
    wait_for(lambda: status.getExecutorMemoryStatus().size() > expected, passed(deadline))


def _new_log() -> Path:
    folder = logs_folder() / "drivers"
    with disk_errors_explained(folder):
        private_folder(folder)
        for old in newest_folders(folder, "*.log")[KEPT_LOGS - 1 :]:
            remove_file(old)
        log = folder / f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}-{os.getpid()}.log"
        write_file(log, "", PRIVATE)
    return log
