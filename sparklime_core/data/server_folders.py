"""The folders of this machine from which a person on the page may read tables: those that the operator names."""

import os
from collections.abc import Iterator
from pathlib import Path

from sparklime_core.errors import DataError

VARIABLE = "SPARKLIME_DATA_FOLDERS"
ENDINGS = (".csv", ".tsv", ".txt", ".tab", ".dat", ".parquet", ".pq", ".gz", ".zip")
MOST_LISTED = 2000
DEEPEST = 6


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


def table_path(folder: Path, name: str) -> Path:
    """Return the path of a file in a data folder.

    Raises
    ------
    DataError
        When the operator has not named the folder, or the file is not in it: links and ``..`` lead nowhere else.
    """
    if folder not in data_folders():
        raise DataError(f"The folder {str(folder)!r} is not one of those that {VARIABLE} names.")
    try:
        path = (folder / name).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        path = folder
    if not path.is_relative_to(folder) or not path.is_file():
        raise DataError(f"There is no file {name!r} in the folder {str(folder)!r}.")
    return path


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
