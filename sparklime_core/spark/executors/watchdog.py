"""`ExecutorWatchdog`: notices that a run waits for executors that are not there."""

import time

from sparklime_core.errors import SparkError
from sparklime_core.spark.session.backend import Backend

EVERY_SECONDS = 2.0
WITHOUT_EXECUTORS_SECONDS = 60.0


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
