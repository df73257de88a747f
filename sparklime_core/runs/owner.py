"""`Owner`: the process that works on a run."""

import os
import socket
from dataclasses import dataclass

from sparklime_core.process_identity import process_start


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
