"""Work that is no run has its turn in the queue of runs, and its failure costs nobody else's."""

import threading
import time
from pathlib import Path

from sparklime_core.errors import SparkError
from sparklime_core.jobs.manager import JobManager
from sparklime_core.jobs.spark_connection import SparkService
from sparklime_core.runs.store import RunStore


class ExclusiveJob:
    def __init__(self, done: list[str], name: str, error: Exception | None = None) -> None:
        self.done, self.name, self.error = done, name, error
        self.said: str | None = None
        self.ended = threading.Event()

    def run(self, service: SparkService) -> None:
        assert not service.status().connected
        self.done.append(self.name)
        if self.error is not None:
            raise self.error
        self.ended.set()

    def fail(self, sentence: str) -> None:
        self.said = sentence
        self.ended.set()


def test_errands_are_done_in_their_order_and_a_failed_one_is_told(tmp_path: Path) -> None:
    manager = JobManager(RunStore(tmp_path), SparkService())
    done: list[str] = []
    jobs = [
        ExclusiveJob(done, "first"),
        ExclusiveJob(done, "second", SparkError("No executor is left.")),
        ExclusiveJob(done, "third", ZeroDivisionError("division by zero")),
        ExclusiveJob(done, "fourth"),
    ]

    for job in jobs:
        manager.submit_exclusive(job)

    assert all(job.ended.wait(240) for job in jobs)

    assert done == ["first", "second", "third", "fourth"]
    assert [job.said for job in jobs] == [
        None,
        "No executor is left.",
        "ZeroDivisionError: division by zero",
        None,
    ]


def test_an_errand_is_known_to_run_until_it_has_ended(tmp_path: Path) -> None:
    manager = JobManager(RunStore(tmp_path), SparkService())
    begun, let_go = threading.Event(), threading.Event()

    class Slow:
        def run(self, service: SparkService) -> None:
            begun.set()
            let_go.wait(240)

        def fail(self, sentence: str) -> None: ...

    assert not manager.exclusive_runs()
    manager.submit_exclusive(Slow())
    assert begun.wait(240)
    assert manager.exclusive_runs()

    let_go.set()

    late = time.monotonic() + 240
    while manager.exclusive_runs() and time.monotonic() < late:
        time.sleep(0.01)
    assert not manager.exclusive_runs()
