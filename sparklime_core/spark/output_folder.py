"""The output folder of executors: one process writes at a time, and the rest of a killed one is cleared."""

import contextlib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout

from sparklime_core.atomic_files import disk_errors_explained, remove_folder
from sparklime_core.errors import SparkError
from sparklime_core.paths import cache_folder, private_folder

UNFINISHED = "_temporary"
"""The folder of unfinished output of Spark's committer: it has numbered folders, one per attempt."""


@contextlib.contextmanager
def written_alone(folder: Path) -> Iterator[None]:
    """Let this process alone write a folder of this machine, and clear it when a killed one left it unfinished.

    Raises
    ------
    SparkError
        When another process of this user writes there.
    RunError
        When the home of SparkLIME, which holds the lock, cannot be written.
    """
    locks = cache_folder() / "outputs"
    with disk_errors_explained(locks):
        private_folder(locks)
        lock = FileLock(locks / sha256(str(folder.resolve()).encode()).hexdigest()[:32])
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise SparkError("another process writes there; wait for its end, or name another folder.") from error
    try:
        if is_left_over(folder):
            remove_folder(folder)
        yield
    finally:
        lock.release()


def is_left_over(folder: Path) -> bool:
    """Return whether a folder holds nothing but what a job of Spark begins with."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    return all(entry.name == UNFINISHED and _is_of_committer(entry) for entry in folder.iterdir())


def _is_of_committer(folder: Path) -> bool:
    return folder.is_dir() and all(entry.name.isdecimal() and entry.is_dir() for entry in folder.iterdir())
