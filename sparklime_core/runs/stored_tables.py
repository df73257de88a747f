"""Files in a run's folder: their names, and its Parquet tables, read by literal paths, checked and joined."""

import contextlib
import functools
import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sparklime_core.atomic_files import atomic_write
from sparklime_core.errors import RunError
from sparklime_core.runs.parts import repeating, write_parquet

EXPLANATIONS = "explanations.parquet"
TASKS = "tasks.parquet"
BLOCKS = "blocks.parquet"
STABILITY = "stability.parquet"
ROWS_FILE = "rows.parquet"
MANIFEST = "run.json"
PARTS = "parts"
TABLES = {"wave": EXPLANATIONS, "tasks": TASKS, "blocks": BLOCKS, "stability": STABILITY}
"""The kinds of parts, and what they become: a file into which the driver joins them, or, where executors write, a
folder that they are in from the beginning. Parquet is read from either in the same way."""

UNREADABLE = (OSError, pa.ArrowException, LookupError, TypeError, ValueError, AttributeError)
"""Errors that reading a damaged or a foreign file raises."""

LATER_COLUMNS = frozenset({"profile_score", "effective_share", "profiles"})
"""Columns that results of older versions lack."""


def run_folder(file: Path) -> Path:
    """Return the folder of the run that a file belongs to: the file's own, or the one above it for a part.

    A run's folder may have any name, also that of a folder of parts, so the manifest decides.
    """
    folder = file.parent
    may_hold_parts = folder.name in (PARTS, *TABLES.values())
    return folder.parent if may_hold_parts and (folder.parent / MANIFEST).exists() else folder


def is_index(file: Path) -> bool:
    """Return whether a file of a run is an index of its rows, which can be made again."""
    of_part = run_folder(file) != file.parent and file.parent.name == PARTS
    return file.name == ROWS_FILE or (of_part and file.name.startswith(f"{Path(ROWS_FILE).stem}-"))


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


def write_part(table: pa.Table, path: Path) -> None:
    """Write a table, whole or not at all."""
    with atomic_write(path) as temporary:
        write_parquet(table, temporary)


def join_parts(parts: Sequence[Path], schema: pa.Schema, path: Path) -> None:
    """Join files into one, with a row group for each."""
    with (
        atomic_write(path) as temporary,
        pq.ParquetWriter(temporary, schema, use_dictionary=repeating(schema)) as writer,
    ):
        for part in parts:
            writer.write_table(conformed(read_part(part), schema))


def conformed(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table in a schema; columns that it lacks are null."""
    held = set(table.column_names)
    columns = [
        table[name] if name in held else pa.nulls(len(table), schema.field(name).type) for name in schema.names
    ]
    return pa.table(columns, names=schema.names).cast(schema)


def read_part(part: Path, columns: list[str] | None = None) -> pa.Table:
    """Read a table, or some of its columns.

    Raises
    ------
    RunError
        When the file is damaged.
    """
    with damage_explained(part):
        return pq.read_table(part, columns=columns, partitioning=None)


def first_row(part: Path) -> int:
    """Return the smallest ``row_id`` of a part; -1 where it has no rows."""
    first = pc.min(read_part(part, ["row_id"])["row_id"]).as_py()
    return -1 if first is None else int(first)


def numbers_of(part: Path, name: str) -> list[int]:
    """Return a list of numbers from a part's metadata; empty in parts of versions without it."""
    with damage_explained(part):
        return list(_numbers(part, name, state_of_file(part)))


def read_outcomes(part: Path) -> pa.Table:
    """Read what `count_rows` needs of a part."""
    return read_part(part, ["row_id", "error"])


@functools.lru_cache(maxsize=16_384)
def _numbers(part: Path, name: str, _state: tuple[int, int]) -> tuple[int, ...]:
    """Read a list of numbers: once for each state of a file, for a large run has thousands of parts."""
    kept = (pq.read_schema(part).metadata or {}).get(name.encode(), b"")
    return tuple(int(number) for number in kept.split(b",") if number)
