"""The memory of all tables of this process, in one account: those that are being read, and those that are kept."""

import contextlib
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import psutil

from sparklime_core.errors import DataError
from sparklime_core.limited.limits import GIB, Limits

VARIABLES = "SPARKLIME_TABLE"
SECONDS = 300.0
MACHINE_SHARE = 0.5
"""The share of the machine's memory that tables may have together, unless the operator says otherwise."""

LEAST, TIMES = GIB, 64
"""Reading a file may take the first (bytes), and so many times its own size."""

SMALLEST = 2**26
"""Nothing is read with fewer bytes left."""


class TableAccount:
    """How much memory tables take; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = 0

    @property
    def taken(self) -> int:
        """Bytes that are reserved for reading or kept."""
        with self._lock:
            return self._taken

    @contextlib.contextmanager
    def reading(self, size: int, threads: int) -> Iterator[Limits]:
        """Reserve memory while a file of `size` bytes is read; yield what reading it may take.

        Raises
        ------
        DataError
            When other tables have taken all there is.
        """
        most = Limits.from_environment(VARIABLES, memory=_default_gib(), seconds=SECONDS, threads=threads)
        with self._lock:
            reserved = min(most.memory - self._taken, LEAST + TIMES * size)
            if reserved < SMALLEST and reserved < most.memory:
                raise DataError(
                    f"The tables that are read and kept here take {self._taken / GIB:.3g} GiB of memory already; "
                    f"try it later, or raise {VARIABLES}_MEMORY."
                )
            self._taken += reserved
        try:
            yield Limits(reserved, most.seconds, threads, VARIABLES)
        finally:
            self._give_back(reserved)

    def keep(self, owner: Any, size: int) -> None:
        """Count bytes for as long as their owner exists."""
        with self._lock:
            self._taken += size
        weakref.finalize(owner, self._give_back, size)

    def _give_back(self, size: int) -> None:
        with self._lock:
            self._taken -= size


def _default_gib() -> float:
    return MACHINE_SHARE * psutil.virtual_memory().total / GIB


tables = TableAccount()
