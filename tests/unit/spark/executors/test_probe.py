"""A run without executors ends."""

import pytest

from sparklime_core.errors import SparkError
from sparklime_core.spark.executors.probe import ExecutorWatchdog


class Executors:
    """Stands in for a session whose executors come and go."""

    master = "spark://host:1"

    def __init__(self):
        self.there = []

    def executors(self):
        return self.there


def test_a_run_does_not_wait_for_executors_for_ever(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("sparklime_core.spark.executors.probe.time.monotonic", lambda: now[0])
    session = Executors()
    watch = ExecutorWatchdog(session)
    for second, there in ((30, []), (55, ["0"]), (110, []), (114, ["1"]), (170, [])):
        now[0], session.there = second, there
        watch.check()
    now[0] = 175
    with pytest.raises(SparkError, match="has given no executor for 61 s: its workers are gone or busy"):
        watch.check()
