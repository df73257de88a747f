"""A process is known by what the system's clock does not change."""

import subprocess
import sys
import time

import psutil
import pytest

from sparklime_core.process_identity import Owner, process_start


@pytest.fixture
def other():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.stdin.close()


@pytest.mark.parametrize("step", [-86_400.0, -1.5, 1.5, 3600.0])
def test_a_step_of_the_clock_changes_no_process(other, monkeypatch, step) -> None:
    before = process_start(other.pid)
    assert Owner.of(other.pid).is_alive()
    owner = Owner.of(other.pid)
    if psutil.LINUX:  # what psutil calls the time of boot is the clock, less the time since then
        told = psutil._pslinux.boot_time
        monkeypatch.setattr(psutil._pslinux, "boot_time", lambda: told() + step)
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + step)
    assert process_start(other.pid) == before
    assert owner.is_alive()
    assert Owner.of(other.pid) == owner


def test_a_process_that_has_ended_has_no_start(other) -> None:
    owner = Owner.of(other.pid)
    other.kill()
    while psutil.Process(other.pid).status() != psutil.STATUS_ZOMBIE:
        pass
    assert not owner.is_alive()  # dead, though nobody has asked for its exit code
    other.wait()
    assert not owner.is_alive()
    assert process_start(other.pid) is None


def test_another_process_of_the_same_number_is_another_one(other) -> None:
    assert not Owner(Owner.of(other.pid).host, other.pid, process_start(psutil.Process().pid)).is_alive()
    assert not Owner.of(2**22 + 1).is_alive()
