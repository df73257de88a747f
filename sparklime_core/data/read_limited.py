"""Read a source's columns in a limited process, within the memory that all tables of this process may take.

What a file can do to its reader, it does to the limited process.
"""

import contextlib
import mmap
import os
import threading
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from os import PathLike
from pathlib import Path
from typing import IO, Any

import pandas  # noqa: F401, ICN001 - pyarrow loads it when it is first asked: here once, not in every process
import psutil
import pyarrow as pa
import pyarrow.compute as pc

from sparklime_core.data.load_columns import RawTable, load_columns
from sparklime_core.data.parse_column import is_text
from sparklime_core.data.read_options import Decision, ReadOptions
from sparklime_core.data.source_files import Source, base_name, bytes_of, file_of, read_files, size_of
from sparklime_core.errors import DataError, LimitError
from sparklime_core.limited.limits import GIB, Limits
from sparklime_core.limited.process import call_limited

VARIABLES = "SPARKLIME_TABLE"
SECONDS = 300.0
MACHINE_SHARE = 0.5
"""The share of the machine's memory that tables may have together, unless the operator says otherwise."""

LEAST, TIMES = GIB, 64
"""Reading a file may take the first (bytes), and so many times its own size."""

SMALLEST = 2**26
"""Nothing is read with fewer bytes left."""

THREADS = 2
MOST_TEXT = 2**20
"""The longest text of a cell, in bytes."""

WORK = "Reading the table"


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
"""The memory of all tables of this process: of those that are being read, and of those that are kept."""


def read_limited(
    source: Source,
    options: ReadOptions,
    header_names: Sequence[str] = (),
    file: str | None = None,
    like: ReadOptions | None = None,
) -> RawTable:
    """Read a source's columns; their memory is counted in `tables` for as long as they exist.

    Parameters
    ----------
    source, options, header_names, file, like
        See `sparklime_core.data.read_table.read_table`.

    Raises
    ------
    DataError
        When there is no such file, it is no table, or reading it takes too much memory or time.
    """
    called = file_of(source) if file is None else base_name(file)
    if not isinstance(source, (str, PathLike)):
        source = bytes_of(source)
    with tables.reading(size_of(source), THREADS) as limits:
        try:
            arguments = (source, called, str(Path.cwd()), options, tuple(header_names), like)
            answer = call_limited(read_columns, *arguments, limits=limits, work=WORK)
        except LimitError as error:
            raise DataError(str(error)) from error
    facts: dict[str, Any] = answer.value
    return RawTable(
        name=facts["name"],
        file=facts["file"] if file is None else called,
        sha256=facts["sha256"],
        names=tuple(facts["names"]),
        columns=_columns(answer.content),
        decisions=tuple(Decision(**decision) for decision in facts["decisions"]),
        found=ReadOptions(**facts["found"]),
        indexes=tuple(facts["indexes"]),
    )


def read_columns(
    file: IO[bytes],
    source: Source,
    called: str,
    folder: str,
    options: ReadOptions,
    header_names: Sequence[str],
    like: ReadOptions | None,
) -> dict[str, Any]:
    """Write a source's columns into a file as an Arrow stream, and return what else is known of the table."""
    os.chdir(folder)
    files = read_files(source, options.member, None if like is None else like.member, called)
    raw = load_columns(files, options, header_names, like)
    for name, column in zip(raw.names, raw.columns, strict=True):
        _check_texts(name, column)
    table = pa.table(raw.columns, names=[str(at) for at in range(len(raw.columns))])
    with pa.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table)
    return asdict(replace(raw, columns=[]))


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
