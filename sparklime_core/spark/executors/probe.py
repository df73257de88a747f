"""`ask_executors` asks the executors about themselves; `ExecutorWatchdog` notices when none of them is left."""

import json
import time
import uuid
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as sf

from sparklime_core.errors import SparkError
from sparklime_core.spark.executors import self_report
from sparklime_core.spark.session.backend import Backend
from sparklime_core.spark.session.failures import one_sentence
from sparklime_core.waiting import GaveUpError, after, call

PARTITIONS_A_CORE = 3
EVERY_SECONDS = 2.0
WITHOUT_EXECUTORS_SECONDS = 60.0


class NoPythonError(SparkError):
    """The executors' Python does not run, or not our package."""


def ask_executors(spark: SparkSession, backend: Backend, seconds: float) -> list[dict[str, Any]]:
    """Return what `self_report.report` answers, from every core about three times; the package must be there.

    Raises
    ------
    SparkError
        When the job fails, or takes longer than so many seconds.
    """
    tag = f"sparklime-{uuid.uuid4().hex}"

    def ask() -> list[dict[str, Any]]:
        backend.enter_thread(tag)
        partitions = PARTITIONS_A_CORE * backend.parallelism()
        report = sf.udf(self_report.report, useArrow=False)
        asked = spark.range(0, partitions, 1, partitions).select(report("id"))
        return [json.loads(row[0]) for row in asked.collect()]

    try:
        return call(ask, after(seconds))
    except GaveUpError:
        backend.cancel(tag)
        raise SparkError(f"The executors of {backend.master} did not answer within {seconds:.0f} s.") from None
    except Exception as error:
        raise NoPythonError(f"The executors cannot run Python: {one_sentence(error)}") from error


class ExecutorWatchdog:
    """Checks now and then that there are executors: without any, Spark waits for ever without a word.

    Parameters
    ----------
    backend
        The session.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._seen = self._looked = time.monotonic()

    def check(self) -> None:
        """Check when it is time to; raise `SparkError` when there has been no executor for long."""
        now = time.monotonic()
        if now - self._looked < EVERY_SECONDS:
            return
        self._looked = now
        if self._backend.executors():
            self._seen = now
        elif now - self._seen > WITHOUT_EXECUTORS_SECONDS:
            raise SparkError(
                f"The master {self._backend.master} has given no executor for {now - self._seen:.0f} s: "
                "its workers are gone or busy; start or free a worker, and resume the run."
            )
