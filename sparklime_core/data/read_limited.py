"""Read a source's columns in a limited process: what a file can do to a reader, it does to that one."""

import mmap
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import IO, Any

import pandas  # noqa: F401, ICN001 - pyarrow loads it when it is first asked: here once, not in every process
import pyarrow as pa
import pyarrow.compute as pc

from sparklime_core.data.load_columns import RawTable, read_raw
from sparklime_core.data.parse_column import is_text
from sparklime_core.data.part_files import part_files, read_parts
from sparklime_core.data.read_options import Decision, ReadOptions
from sparklime_core.data.source_bytes import Source, base_name, bytes_of, file_of
from sparklime_core.data.table_account import tables
from sparklime_core.errors import DataError, LimitError
from sparklime_core.limited.process import call_limited

THREADS = 2
MOST_TEXT = 2**20
"""The longest text of a cell, in bytes."""

WORK = "Reading the table"


@dataclass(frozen=True)
class LimitedTable:
    """A source as it was read in a limited process.

    Attributes
    ----------
    name, file, sha256, decisions
        As `Content` has them.
    table
        Its columns as its files hold them.
    """

    name: str
    file: str
    sha256: str
    decisions: tuple[Decision, ...]
    table: RawTable


def read_limited(
    source: Source,
    options: ReadOptions,
    header_names: Sequence[str] = (),
    file: str | None = None,
    like: ReadOptions | None = None,
) -> LimitedTable:
    """Read a source's columns; their memory is counted in `tables` for as long as they exist.

    Parameters
    ----------
    source, options, header_names, file, like
        See `sparklime_core.data.read_table.read_table`.

    Raises
    ------
    DataError
        When there is no such file, it is no table, or reading it takes more memory or time than there is for it.
    """
    called = file_of(source) if file is None else base_name(file)
    if not isinstance(source, (str, PathLike)):
        source = bytes_of(source)
    with tables.reading(_size(source), THREADS) as limits:
        try:
            arguments = (source, called, str(Path.cwd()), options, tuple(header_names), like)
            answer = call_limited(read_columns, *arguments, limits=limits, work=WORK)
        except LimitError as error:
            raise DataError(str(error)) from error
    said = answer.value
    table = RawTable(
        names=tuple(said["names"]),
        columns=_columns(answer.content),
        decisions=_decisions(said["table_decisions"]),
        found=ReadOptions(**said["found"]),
        indexes=frozenset(said["indexes"]),
    )
    named = said["file"] if file is None else called
    return LimitedTable(said["name"], named, said["sha256"], _decisions(said["decisions"]), table)


def read_columns(
    file: IO[bytes],
    source: Source,
    called: str,
    folder: str,
    options: ReadOptions,
    header_names: Sequence[str],
    like: ReadOptions | None,
) -> dict[str, Any]:
    """Write a source's columns into a file as an Arrow stream, and return what else is known of it."""
    os.chdir(folder)
    parts = read_parts(source, options.member, None if like is None else like.member, called)
    raw = read_raw(parts.parts, options, header_names, like)
    for name, column in zip(raw.names, raw.columns, strict=True):
        _check_texts(name, column)
    table = pa.table(raw.columns, names=[str(at) for at in range(len(raw.columns))])
    with pa.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table)
    return {
        "name": parts.name,
        "file": parts.file,
        "sha256": parts.sha256,
        "decisions": [asdict(decision) for decision in parts.decisions],
        "names": raw.names,
        "table_decisions": [asdict(decision) for decision in raw.decisions],
        "found": asdict(raw.found),
        "indexes": sorted(raw.indexes),
    }


def _decisions(said: Sequence[dict[str, str]]) -> tuple[Decision, ...]:
    return tuple(Decision(**decision) for decision in said)


def _check_texts(name: str, column: pa.ChunkedArray) -> None:
    if not is_text(column.type) and not pa.types.is_binary(column.type):
        return
    lengths = pc.binary_length(column)
    longest = pc.max(lengths).as_py()
    if longest is not None and longest > MOST_TEXT:
        row = pc.index(lengths, longest).as_py() + 1
        raise DataError(
            f"The column {name[:80]!r} holds a text of {longest:,} bytes in row {row}; "
            f"give a table whose texts have at most {MOST_TEXT:,}."
        )


def _columns(content: mmap.mmap | bytes) -> list[pa.ChunkedArray]:
    """Return the columns in an Arrow stream, without copying them."""
    table = pa.ipc.open_stream(pa.py_buffer(content)).read_all()
    table.validate(full=True)
    if isinstance(content, mmap.mmap):
        tables.keep(content, len(content))
    return list(table.columns)


def _size(source: str | PathLike[str] | bytes) -> int:
    """Return how large a source is, as far as one can see from outside."""
    if isinstance(source, bytes):
        return len(source)
    try:
        path = Path(source)
        return sum(part.stat().st_size for part in part_files(path)) if path.is_dir() else path.stat().st_size
    except (OSError, ValueError):
        return 0  # reading it says what is wrong
