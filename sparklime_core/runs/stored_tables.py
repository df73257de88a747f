"""Parquet files of a run: read by their literal paths, and checked against their schemas."""

import contextlib
import functools
import glob
import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sparklime_core.errors import RunError
from sparklime_core.runs.folder_layout import PARTS, run_folder

UNREADABLE = (OSError, pa.ArrowException, LookupError, TypeError, ValueError, AttributeError)
"""Errors that reading a damaged or a foreign file raises."""

LATER_COLUMNS = frozenset({"profile_score", "effective_share", "profiles"})
"""Columns that results of older versions lack."""


def scan(parameter: str = "?", *, positions: bool = False, union: bool = False) -> str:
    """Return SQL that reads the files of a parameter, whose value `literal` gives.

    Folders like ``label=9`` in their paths become no columns.

    Parameters
    ----------
    parameter
        Its name in the SQL, or SQL for the paths.
    positions
        Whether each row has its place in the file as ``file_row_number``.
    union
        Whether a file may lack columns of the others; they are null.
    """
    options = {"hive_partitioning": False, "file_row_number": positions, "union_by_name": union}
    return f"read_parquet({parameter}, {', '.join(f'{name} = {value}' for name, value in options.items())})"


def literal(path: Path | str) -> str:
    """Return a path for `scan`, in which ``*``, ``?`` and ``[`` stand for themselves."""
    return glob.escape(str(Path(path).absolute()))


def check_table(path: str, schema: pa.Schema) -> None:
    """Check that a file is whole and has the columns of a schema, but for `LATER_COLUMNS`.

    Raises
    ------
    RunError
        When it is damaged, or another file.
    FileNotFoundError
        When it is missing.
    """
    status = os.stat(path)
    # Older versions of Arrow cannot hash metadata.
    _check(path, status.st_size, status.st_mtime_ns, schema.remove_metadata())


@functools.lru_cache(maxsize=4096)
def _check(path: str, _size: int, _written: int, schema: pa.Schema) -> None:
    with damage_explained(Path(path)):
        found = pq.read_schema(path)
    kinds = dict(zip(found.names, found.types, strict=True))
    for field in schema:
        if kinds.get(field.name, field.type if field.name in LATER_COLUMNS else None) != field.type:
            raise damaged(Path(path), f"has no column {field.name!r} of the type {field.type}")


@contextlib.contextmanager
def damage_explained(path: Path) -> Iterator[None]:
    """Turn errors of reading a file of a run into one sentence; a missing file stays `FileNotFoundError`.

    Raises
    ------
    RunError
        When it is damaged, or another file.
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except UNREADABLE as error:
        raise damaged(path, "is cut off, or another file") from error


@contextlib.contextmanager
def missing_explained(path: Path) -> Iterator[None]:
    """Turn what reading a file of a run raises into one sentence, also that it is missing.

    Raises
    ------
    RunError
        When it is damaged, another file, or missing.
    """
    try:
        with damage_explained(path):
            yield
    except FileNotFoundError as error:
        raise damaged(path, "is missing") from error


def state_of_file(path: Path) -> tuple[int, int]:
    """Return size and time of a file, which change with its content; zeros for a missing file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


def damaged(path: Path, what: str) -> RunError:
    """Return the error for a damaged file of a run."""
    folder = run_folder(path)
    is_part = path.parent == folder / PARTS
    advice = "delete this file and resume the run" if is_part else "delete the run, or explain it again"
    return RunError(f"The run in {str(folder)!r} is damaged: {path.name} {what}; {advice}.")


def find_damage(path: Path) -> RunError | None:
    """Read a whole file; return the error of a damaged one, or None."""
    try:
        with damage_explained(path), pq.ParquetFile(path) as file:
            for _ in file.iter_batches():
                pass
    except FileNotFoundError:
        return None
    except RunError as error:
        return error
    return None
