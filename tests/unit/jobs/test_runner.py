"""The end of a run whose executors write: the driver finds their parts, though a shared disk lists them late."""

import threading
import time
from pathlib import Path

import pytest

from sparklime_core.errors import CancelledError, RunError
from sparklime_core.jobs import runner
from sparklime_core.jobs.runner import Phases, await_parts


class Listed:
    """A run whose folder is listed as it was before, so many times; then with all parts."""

    folder = Path("/shared/run")

    def __init__(self, old: int) -> None:
        self.old = old

    def finished_blocks(self) -> tuple[set[int], int]:
        self.old -= 1
        return ({0}, 1) if self.old >= 0 else ({0, 1, 2}, 3)


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "LOOK_SECONDS", 0)


def test_parts_that_are_listed_late_are_awaited() -> None:
    run = Listed(3)
    await_parts(run, {1, 2}, threading.Event())
    assert run.old == -1


def test_parts_that_do_not_come_are_said_to_be_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "LISTING_SECONDS", -1)
    with pytest.raises(RunError, match="have written 2 blocks that are not in '/shared/run'"):
        await_parts(Listed(10**9), {1, 2}, threading.Event())


def test_a_cancelled_run_waits_for_no_parts() -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(CancelledError):
        await_parts(Listed(10**9), {1, 2}, cancel)


def test_a_phase_lasts_until_the_next_begins():
    phases = Phases()
    assert phases.seconds() == {}
    began = time.monotonic()
    phases.begin("reading")
    time.sleep(0.02)
    phases.begin("training")
    time.sleep(0.01)
    found = phases.seconds()
    assert list(found) == ["reading", "training"]
    assert found["reading"] >= 0.02
    assert sum(found.values()) <= time.monotonic() - began


def test_a_later_sitting_adds_to_an_earlier_ones():
    phases = Phases({"explaining": 100.0, "reading": 5.0})
    phases.begin("explaining")
    time.sleep(0.01)
    later = phases.seconds()
    assert later["reading"] == 5.0
    assert 100.01 <= later["explaining"] < 200.0
    assert phases.seconds()["explaining"] >= later["explaining"]
