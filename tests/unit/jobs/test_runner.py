"""The end of a run whose executors write: the driver finds their parts, though a shared disk lists them late."""

import threading
from pathlib import Path

import pytest

from sparklime_core.errors import CancelledError, RunError
from sparklime_core.jobs import runner
from sparklime_core.jobs.runner import await_parts


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
