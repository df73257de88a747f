"""`check_executors`: a round trip to every executor, before a run depends on them."""

import sys
import time
from collections.abc import Sequence
from dataclasses import replace

from pyspark.sql import SparkSession

from sparklime_core.errors import SparkError
from sparklime_core.spark.executors import self_report
from sparklime_core.spark.executors.prewarm import ship_package
from sparklime_core.spark.executors.probe import NoPythonError, ask_executors
from sparklime_core.spark.executors.self_report import ExecutorReport
from sparklime_core.spark.session.choose_backend import backend_of
from sparklime_core.spark.session.master import is_embedded
from sparklime_core.waiting import passed, wait_for

ROUNDS = 5
GIVEN_SECONDS = 30.0
ANSWER_SECONDS = 120.0
"""A busy machine takes long for its first Python worker, and longer where it unpacks an environment first."""

LOW_MEMORY = 512 * 1024**2
COPIES = 2
"""How often a payload is in a Python worker's memory while it is loaded: its bytes, and what is made of them."""

WAY_OUT = (
    "Ship this environment to the executors: sparklime pack --out env.tar.gz, then --archive env.tar.gz "
    "(SPARKLIME_ARCHIVE for the dashboard); those of a Spark Connect server need it in their own Python. "
    "Embedded Spark runs this very Python where neither PYSPARK_PYTHON nor spark.pyspark.python names another."
)


def check_executors(spark: SparkSession, timeout: float = ANSWER_SECONDS) -> list[ExecutorReport]:
    """Ask every executor about itself.

    Raises
    ------
    SparkError
        When there is no executor, or one does not answer in time.
    """
    deadline = time.monotonic() + timeout
    ship_package(backend_of(spark))
    backend_of(spark).renew(timeout)
    expected = _await_executors(spark, min(deadline, time.monotonic() + GIVEN_SECONDS))
    reports: dict[str, ExecutorReport] = {}
    for _ in range(ROUNDS):
        for answer in _ask(spark, deadline):
            reports.setdefault(answer.executor, answer)
        if expected <= reports.keys():
            break
    missing = sorted(expected - reports.keys() - _gone(spark, expected))
    if missing:
        raise SparkError(f"Executor {missing[0]} did not answer; see its log on Spark's page.")
    cores = {executor.id: executor.cores for executor in backend_of(spark).executors()}
    answered = [replace(report, cores=cores.get(report.executor, 1)) for report in reports.values()]
    answered.sort(key=lambda report: (len(report.executor), report.executor))
    backend_of(spark).record.reports = answered
    return answered


def require_able_executors(spark: SparkSession, payload_bytes: int, packages: Sequence[str] = ()) -> None:
    """Refuse a task that the executors of a cluster cannot do, before it starts; each session is asked once.

    Parameters
    ----------
    spark
        Any session; embedded Spark that runs this very Python is not asked.
    payload_bytes
        Size of what is to be broadcast.
    packages
        What the model needs besides: see `payload.packages_in`.

    Raises
    ------
    SparkError
        When an executor lacks a package or the memory, runs another Python, or does not answer.
    """
    backend = backend_of(spark)
    if is_embedded(backend.master) and spark.sparkContext.pythonExec == sys.executable:
        return
    reports = backend.record.reports or check_executors(spark)
    blocking = blocking_problems(reports, packages)
    found = [*blocking, *memory_problems(reports, payload_bytes)]
    if found:
        raise SparkError(found[0] + (f" {WAY_OUT}" if blocking else ""))


def blocking_problems(reports: list[ExecutorReport], packages: Sequence[str] = ()) -> list[str]:
    """Return, in plain sentences, what keeps executors from explaining, or from running a model."""
    own, python = self_report.package_versions(), self_report.python_version()
    found = []
    for report in reports:
        if report.python.split(".")[:2] != python.split(".")[:2]:
            found.append(f"{_who(report)} runs Python {report.python}, and this process Python {python}.")
        needed = (*self_report.NEEDED_PACKAGES, *packages)
        lacking = [f"{name}=={own[name]}" for name in needed if report.version(name) is None]
        if lacking:
            names = ", ".join(name.partition("==")[0] for name in lacking)
            found.append(
                f"{_who(report)} has no {names}: install {' '.join(lacking)} for the Python that it runs."
            )
    return found


def memory_problems(reports: list[ExecutorReport], payload_bytes: int) -> list[str]:
    """Return, in plain sentences, which machines have too little memory for a payload."""
    by_host: dict[str, list[ExecutorReport]] = {}
    for report in reports:
        by_host.setdefault(report.host, []).append(report)
    found = []
    for host, there in by_host.items():
        free = min((report.free_memory for report in there if report.free_memory is not None), default=None)
        workers = sum(report.cores for report in there)
        needed = COPIES * workers * payload_bytes
        if free is not None and needed > free:
            found.append(
                f"The host {host} has {free // 1024**2} MB of memory left, and its {workers} Python workers need "
                f"about {needed // 1024**2} MB for a model and explainer of {payload_bytes // 1024**2} MB: "
                "use fewer or larger workers, or a smaller model."
            )
    return found


def _who(report: ExecutorReport) -> str:
    return f"Executor {report.executor} on {report.host}"


def differences(reports: list[ExecutorReport], payload_bytes: int = 0, packages: Sequence[str] = ()) -> list[str]:
    """Return, in plain sentences, where executors differ from this process in what changes or stops a run.

    Parameters
    ----------
    reports
        What `check_executors` returns.
    payload_bytes
        Size of what is to be broadcast, where it is known.
    packages
        What the model needs besides, where it is known.
    """
    own = self_report.package_versions()
    found = blocking_problems(reports, packages)
    if found:
        found.append(WAY_OUT)
    for report in reports:
        for name in (*self_report.NEEDED_PACKAGES, *packages):
            if (version := report.version(name)) not in (None, own[name]):
                found.append(f"{_who(report)} has {name} {version}, and this process has {own[name]}.")
        if report.free_memory is not None and report.free_memory < LOW_MEMORY:
            found.append(f"{_who(report)} has only {report.free_memory // 1024**2} MB of memory left.")
    return [*found, *memory_problems(reports, payload_bytes)]


def _await_executors(spark: SparkSession, deadline: float) -> set[str]:
    found = wait_for(lambda: {executor.id for executor in backend_of(spark).executors()}, passed(deadline))
    if not found:
        raise SparkError(
            f"The master {backend_of(spark).master} has given no executor: it has no worker, "
            "or none with enough free cores and memory."
        )
    return found


def _gone(spark: SparkSession, expected: set[str]) -> set[str]:
    return expected - {executor.id for executor in backend_of(spark).executors()}


def _ask(spark: SparkSession, deadline: float) -> list[ExecutorReport]:
    began = time.monotonic()
    try:
        answers = ask_executors(spark, backend_of(spark), max(deadline - began, 1.0))
    except NoPythonError as error:
        raise SparkError(f"{error} {WAY_OUT}") from error
    seconds = time.monotonic() - began
    return [ExecutorReport(**answer, seconds=seconds) for answer in answers]
