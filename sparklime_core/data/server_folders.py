"""The folders of this machine from which a person on the page may read tables: those that the operator names."""

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sparklime_core.data.source_bytes import bytes_of
from sparklime_core.errors import DataError

VARIABLE = "SPARKLIME_DATA_FOLDERS"
ENDINGS = (".csv", ".tsv", ".txt", ".tab", ".dat", ".parquet", ".pq", ".gz", ".zip")
MOST_LISTED = 2000
DEEPEST = 6


@dataclass(frozen=True)
class ServerTable:
    """A file in a data folder, which is checked whenever it is read."""

    folder: Path
    name: str

    def read(self) -> bytes:
        """Return its bytes; see `read_server_table` for errors."""
        return read_server_table(self.folder, self.name)


def data_folders() -> tuple[Path, ...]:
    """Return the folders that the operator has named in ``SPARKLIME_DATA_FOLDERS``, separated as in ``PATH``."""
    named = [text.strip() for text in os.environ.get(VARIABLE, "").split(os.pathsep)]
    folders = [Path(text).expanduser() for text in named if text]
    return tuple(folder.resolve() for folder in folders if folder.is_dir())


def list_tables(folder: Path) -> list[str]:
    """Return the files of a data folder that may be tables, by their paths in it, in the order of these.

    No link is followed, nothing hidden is listed, and no more than `MOST_LISTED` files.
    """
    found: list[str] = []
    for path in _walk(folder, DEEPEST):
        if path.name.lower().endswith(ENDINGS):
            found.append(path.relative_to(folder).as_posix())
            if len(found) == MOST_LISTED:
                break
    return found


def read_server_table(folder: Path, name: str) -> bytes:
    """Return the bytes of a file in a data folder.

    Each step of its path is opened in the one before it, and none may be a link: what is read is what was checked,
    whoever changes the folder meanwhile.

    Raises
    ------
    DataError
        When the operator has not named the folder, there is no such file in it, or it cannot be read.
    """
    if folder not in data_folders():
        raise DataError(f"The folder {str(folder)!r} is not one of those that {VARIABLE} names.")
    *folders, last = PurePosixPath(name).parts or ("",)
    if PurePosixPath(name).is_absolute() or ".." in (*folders, last):
        raise _no_file(folder, name)
    with contextlib.ExitStack() as opened:
        try:
            at = _open(opened, folder, os.O_DIRECTORY)
            for step in folders:
                at = _open(opened, step, os.O_DIRECTORY, at)
            file = _open(opened, last, os.O_NONBLOCK, at)  # a pipe does not keep us waiting
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise _no_file(folder, name)
            with open(file, "rb", closefd=False) as table:
                return bytes_of(table)
        except (OSError, ValueError):
            raise _no_file(folder, name) from None


def _open(opened: contextlib.ExitStack, path: Path | str, flags: int, at: int | None = None) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | flags, dir_fd=at)
    opened.callback(os.close, descriptor)
    return descriptor


def _no_file(folder: Path, name: str) -> DataError:
    return DataError(f"There is no file {name[:200]!r} in the folder {str(folder)!r}.")


def _walk(folder: Path, deepest: int) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_file():
            yield Path(entry.path)
        elif deepest and entry.is_dir():
            yield from _walk(Path(entry.path), deepest - 1)
