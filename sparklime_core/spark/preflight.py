"""`check_executors`: a round trip to every executor, before a run depends on them."""

import json
import threading
import time
import uuid
from dataclasses import dataclass
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as sf

from sparklime_core.errors import SparkError
from sparklime_core.spark import facts
from sparklime_core.spark.backend import backend_of
from sparklime_core.spark.failures import one_sentence
from sparklime_core.spark.monitor import list_executors
from sparklime_core.spark.shipping import ship_package

POLL_SECONDS = 0.1
PARTITIONS_A_CORE = 3
ROUNDS = 5
LOW_MEMORY = 512 * 1024**2


@dataclass(frozen=True)
class ExecutorReport:
    """What one executor answered.

    Attributes
    ----------
    executor, host, pid
        Spark's id, the machine, and the Python worker process that answered.
    python
        Version of its Python.
    packages
        Versions of the packages that explaining needs; None for one that is not there.
    free_memory
        Bytes that its machine has left, or None where that is not known.
    folder
        Its working directory.
    seconds
        How long the round trip took.
    """

    executor: str
    host: str
    pid: int
    python: str
    packages: dict[str, str | None]
    free_memory: int | None
    folder: str
    seconds: float

    def summary(self) -> str:
        """Return the report as one line."""
        packages = ", ".join(f"{name} {version or 'missing'}" for name, version in self.packages.items())
        memory = "" if self.free_memory is None else f", {self.free_memory / 1024**3:.1f} GB free"
        return (
            f"executor {self.executor} on {self.host}: Python {self.python}, {packages}{memory}, "
            f"round trip {self.seconds:.1f} s"
        )


def check_executors(spark: SparkSession, timeout: float = 30.0) -> list[ExecutorReport]:
    """Ask every executor about itself.

    Raises
    ------
    SparkError
        When there is no executor, or one does not answer in time.
    """
    deadline = time.monotonic() + timeout
    backend_of(spark).renew_executors()
    expected = _await_executors(spark, deadline)
    ship_package(spark)
    reports: dict[str, ExecutorReport] = {}
    for _ in range(ROUNDS):
        for answer in _ask(spark, deadline):
            reports.setdefault(answer.executor, answer)
        if expected <= reports.keys():
            break
    missing = sorted(expected - reports.keys() - _gone(spark, expected))
    if missing:
        raise SparkError(f"Executor {missing[0]} did not answer; see its log on Spark's page.")
    return sorted(reports.values(), key=lambda report: (len(report.executor), report.executor))


def problems(reports: list[ExecutorReport]) -> list[str]:
    """Return, in plain sentences, where executors differ from this process in what changes or stops a run."""
    own = facts.package_versions()
    python = facts.python_version()
    found = []
    for report in reports:
        who = f"Executor {report.executor} on {report.host}"
        if report.python.split(".")[:2] != python.split(".")[:2]:
            found.append(f"{who} runs Python {report.python}, and this process Python {python}.")
        for name, version in report.packages.items():
            if version is None:
                found.append(f"{who} has no {name}: install {name}=={own[name]} for the Python that it runs.")
            elif version != own[name]:
                found.append(f"{who} has {name} {version}, and this process has {own[name]}.")
        if report.free_memory is not None and report.free_memory < LOW_MEMORY:
            found.append(f"{who} has only {report.free_memory // 1024**2} MB of memory left.")
    return found


def _await_executors(spark: SparkSession, deadline: float) -> set[str]:
    while True:
        found = {executor.id for executor in list_executors(spark)}
        if found:
            return found
        if time.monotonic() > deadline:
            raise SparkError(
                f"The master {backend_of(spark).master} has given no executor: it has no worker, "
                "or none with enough free cores and memory."
            )
        time.sleep(POLL_SECONDS)


def _gone(spark: SparkSession, expected: set[str]) -> set[str]:
    return expected - {executor.id for executor in list_executors(spark)}


def _ask(spark: SparkSession, deadline: float) -> list[ExecutorReport]:
    """Run a short job over all cores. A plain UDF needs no package on the executor but PySpark itself."""
    backend = backend_of(spark)
    tag = f"sparklime-{uuid.uuid4().hex}"
    partitions = PARTITIONS_A_CORE * backend.parallelism()
    answers: list[dict[str, Any]] = []
    failed: list[str] = []
    began = time.monotonic()

    def run() -> None:
        try:
            backend.enter_thread(tag)
            report = sf.udf(facts.report, useArrow=False)
            asked = spark.range(0, partitions, 1, partitions).select(report("id"))
            answers.extend(json.loads(row[0]) for row in asked.collect())
        except Exception as error:  # noqa: BLE001 - told as one sentence below
            failed.append(one_sentence(error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(max(deadline - began, 1.0))
    if thread.is_alive():
        backend.cancel(tag)
        raise SparkError(
            f"The executors of {backend.master} did not answer within {time.monotonic() - began:.0f} s."
        )
    if failed:
        raise SparkError(f"The executors cannot run Python: {failed[0]}")
    seconds = time.monotonic() - began
    return [ExecutorReport(**answer, seconds=seconds) for answer in answers]
