"""The one way in which files are written and deleted: whole or not at all, whenever the process is killed.

A file is written under another name, put on the disk, and renamed. What a killed process was writing keeps that
other name, which says whose it was, and is cleared away by the next one that writes there.
"""

import contextlib
import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil

from sparklime_core.errors import RunError

UNFINISHED = ".unfinished"
"""Suffix of a file that is being written; one whose process is gone is nobody's."""

READABLE = 0o666
"""Rights of a file before the process's own mask."""

PRIVATE = 0o600
"""Rights of a file that holds a secret."""

EXECUTABLE = 0o777
"""Rights of a program, before the mask."""

_KEPT_NAME = 50
"""Characters of a file's name in the name that it has until it is whole: file systems allow no name above 255."""


@contextlib.contextmanager
def atomic_write(path: Path, mode: int = READABLE) -> Iterator[Path]:
    """Give the name to write a file under; the file takes its own name when it is whole and on the disk.

    What processes that are gone were writing under the same name is deleted.
    """
    with contextlib.suppress(OSError):  # no such folder, or its names cannot be read: said below
        clear_unfinished(path.parent, path.name)
    name = f"{path.name[:_KEPT_NAME]}.{os.getpid()}-{secrets.token_hex(4)}{UNFINISHED}"
    temporary = path.with_name(name)
    try:
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
        yield temporary
        sync(temporary)
        temporary.replace(path)
        sync(path.parent)
    except BaseException:
        # What a full disk has taken of it is given back: the manifest needs a little of it.
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def write_file(path: Path, content: bytes | str, mode: int = READABLE) -> None:
    """Write bytes, or text as UTF-8, whole or not at all."""
    with atomic_write(path, mode) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


def write_output(path: Path, content: bytes) -> None:
    """Write a file that a person has named: what is behind a link, and what is no file, is written to as it is.

    Raises
    ------
    RunError
        When it cannot be written.
    """
    with disk_errors_explained(path, "file"):
        if path.exists() and not path.is_file():
            path.write_bytes(content)
            return
        write_file(path.resolve(), content)


def make_folder(path: Path, mode: int = 0o777) -> Path:
    """Make a folder and those above it where they are missing; return it."""
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    return path


def close_folder(path: Path, mode: int) -> None:
    """Take the rights beyond a mode from a folder of ours; one that is everybody's, like ``/tmp``, stays so."""
    with contextlib.suppress(OSError):
        found = path.stat()
        own = hasattr(os, "getuid") and found.st_uid == os.getuid() and not found.st_mode & stat.S_ISVTX
        if own and stat.S_IMODE(found.st_mode) & ~mode:
            path.chmod(mode)


def remove_file(path: Path) -> None:
    """Delete a file, if it is there."""
    path.unlink(missing_ok=True)


def remove_folder(path: Path) -> None:
    """Delete a folder with everything in it, as far as the system lets us."""
    shutil.rmtree(path, ignore_errors=True)


def remove_at_once(path: Path) -> None:
    """Delete a folder that others may write to: from now on they do not find it, nor what they put there."""
    gone = path.with_name(f"{path.name}-{secrets.token_hex(4)}")
    path.rename(gone)
    remove_folder(gone)


def remove_empty_folder(path: Path) -> None:
    """Delete a folder, unless something is in it, or a disk is mounted there."""
    with contextlib.suppress(OSError):
        path.rmdir()


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


def clear_unfinished(folder: Path, name: str = "") -> None:
    """Delete what processes that are gone were writing in a folder: all of it, or under one name."""
    start = f"{name[:_KEPT_NAME]}." if name else ""
    for left in folder.iterdir():
        if left.name.startswith(start) and is_unfinished(left) and not _is_being_written(left):
            remove_file(left)


def is_unfinished(path: Path) -> bool:
    """Return whether a file is one that was or is being written."""
    return path.name.endswith(UNFINISHED)


def _is_being_written(path: Path) -> bool:
    writer = path.name.removesuffix(UNFINISHED).rpartition(".")[2].partition("-")[0]
    return writer.isdecimal() and int(writer) != os.getpid() and psutil.pid_exists(int(writer))


@contextlib.contextmanager
def disk_errors_explained(path: Path, kind: str = "folder", advice: str = "try again") -> Iterator[None]:
    """Turn what the disk refuses into one sentence.

    Parameters
    ----------
    path, kind
        What is written, a folder or a file.
    advice
        What to do when a full disk has room again.

    Raises
    ------
    RunError
        In place of an `OSError`.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            reason = f"the disk is full; make room there and {advice}"
        elif error.errno in (errno.ENOTDIR, errno.EEXIST):
            reason = "there is a file where a folder must be"
        else:
            reason = os.strerror(error.errno) if error.errno else str(error)
        raise RunError(f"The {kind} {str(path)!r} cannot be written: {reason}.") from error
