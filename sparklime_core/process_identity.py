"""The identity of a process: its start, whatever the clock says; and `Owner`, the process that works on a run."""

import os
import socket
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Owner:
    """The process that works on a run.

    Attributes
    ----------
    host, pid
        Its machine, and its number there.
    started
        Its start, since processes share numbers over time; see `process_start`.
    """

    host: str
    pid: int
    started: str | float | None

    @classmethod
    def this_process(cls) -> "Owner":
        """Return the current process."""
        return cls.of(os.getpid())

    @classmethod
    def of(cls, pid: int) -> "Owner":
        """Return a process of this machine."""
        return cls(socket.gethostname(), pid, process_start(pid))

    def is_this_process(self) -> bool:
        """Return whether it is the current process."""
        return self == Owner.this_process()

    def is_alive(self) -> bool:
        """Return whether it still runs. A process on another host counts as running."""
        return self.host != socket.gethostname() or process_start(self.pid) == self.started is not None
