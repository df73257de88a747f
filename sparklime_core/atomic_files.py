"""Files that appear whole or not at all, also where the disk is full or the machine loses its power."""

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from sparklime_core.errors import RunError

UNFINISHED = ".unfinished"
"""Suffix of a file that is being written; one that is left over is nobody's."""


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Give the name to write a file under; the file takes its own name when it is whole and on the disk."""
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}{UNFINISHED}")
    try:
        yield temporary
        sync(temporary)
        temporary.replace(path)
        sync(path.parent)
    except BaseException:
        # What a full disk has taken of it is given back: the manifest needs a little of it.
        temporary.unlink(missing_ok=True)
        raise


def sync(path: Path) -> None:
    """Wait until a file, or a folder's list of names, is on the disk."""
    is_folder = path.is_dir()
    if is_folder and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY if is_folder else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def clear_unfinished(folder: Path) -> None:
    """Delete what a process that is gone was writing in a folder."""
    for left in folder.glob(f"*{UNFINISHED}"):
        left.unlink(missing_ok=True)


@contextlib.contextmanager
def disk_errors_explained(folder: Path) -> Iterator[None]:
    """Turn what the disk refuses into one sentence.

    Raises
    ------
    RunError
        In place of an `OSError`.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            reason = "the disk is full; make room there and resume the run"
        else:
            reason = os.strerror(error.errno) if error.errno else str(error)
        raise RunError(f"The folder {str(folder)!r} cannot be written: {reason}.") from error
