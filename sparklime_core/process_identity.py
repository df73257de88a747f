"""The identity of a process: its start, which changes of the system's clock do not change."""

from pathlib import Path

import psutil

_PROCESSES = Path("/proc")
_BOOT = _PROCESSES / "sys/kernel/random/boot_id"
_STATE, _START = 0, 19
"""Places in ``/proc/PID/stat`` after the name (proc(5)): the state, and the ticks from boot to the start."""


def process_start(pid: int) -> str | None:
    """Return a text that no other process of this machine has had; None where no process of this number runs.

    On Linux it is the boot and the ticks from it to the start, which no step of the clock changes. The times that
    psutil gives are the clock's; other systems write them down when a process starts and leave them so.
    """
    try:
        if not _BOOT.exists():
            return str(psutil.Process(pid).create_time())
        line = (_PROCESSES / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        facts = line.rpartition(")")[2].split()
        return None if facts[_STATE] in "ZX" else f"{_BOOT.read_text(encoding='ascii').strip()} {facts[_START]}"
    except (OSError, psutil.NoSuchProcess):
        return None


def is_running(pid: int, start: str | None) -> bool:
    """Return whether a process still runs; without its start, whether any process of its number does."""
    found = process_start(pid)
    return found is not None and start in (None, found)
