"""Parts of a run: how each is written, and `ExecutorParts`, which executors write to a folder that all reach.

Executors have no more than what explaining needs, so this module imports little.
"""

import contextlib
import errno
import os
import secrets
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sparklime_core.errors import RunError
from sparklime_core.explain.types import FloatArray, IntArray

BLOCKS_KEY, COUNTS_KEY, WAVES_KEY = "blocks", "counts", "waves"
"""Names of the numbers that a part of results keeps: its blocks; its rows, and how many of them failed; where
executors write, its wave, which the driver's parts have in their names."""

ROWS_ARRAY, IDS_ARRAY = "rows.npy", "row_ids.npy"
RESULTS = "wave"
"""The kind of a part that is written last: without it a part does not count."""


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write a table of a run to a file."""
    pq.write_table(table, path, use_dictionary=repeating(table.schema))


def count_rows(explanations: pa.Table) -> tuple[int, int]:
    """Return how many rows a table of results has, and how many of them failed."""
    failed = explanations.filter(pc.is_valid(explanations["error"]))
    return _distinct(explanations["row_id"]), _distinct(failed["row_id"])


def with_numbers(table: pa.Table, numbers: Mapping[str, Sequence[int]]) -> pa.Table:
    """Return a table with lists of numbers in its metadata, by name."""
    kept = {name: ",".join(map(str, of)) for name, of in numbers.items()}
    return table.replace_schema_metadata({**(table.schema.metadata or {}), **kept})


def repeating(schema: pa.Schema) -> list[str]:
    """Return the columns, by Parquet's paths, that a dictionary makes smaller: all but floats."""
    return [path for field in schema for path in _leaves(field.name, field.type)]


def _distinct(column: pa.ChunkedArray) -> int:
    return int(pc.count_distinct(column).as_py())


def _leaves(path: str, kind: pa.DataType) -> list[str]:
    if pa.types.is_list(kind):
        return _leaves(f"{path}.list.element", kind.value_type)
    if pa.types.is_struct(kind):
        inner = (kind[at] for at in range(kind.num_fields))
        return [leaf for field in inner for leaf in _leaves(f"{path}.{field.name}", field.type)]
    return [] if pa.types.is_floating(kind) else [path]


@dataclass(frozen=True)
class ExecutorParts:
    """Where executors read the rows of a run, and where they put the results.

    A part takes its name when it is whole, so that an attempt that is killed leaves nothing half-written, and two
    attempts of a task, which write the same, do not disturb each other.

    Attributes
    ----------
    attempt
        The folder of one attempt to explain the run: its rows, and parts that are being written. When the attempt
        ends, this folder goes, so that an executor of an earlier attempt cannot add a part any more.
    places
        Folder and kind of each table: ``"wave"``, ``"tasks"``, ``"blocks"``, ``"stability"``.
    block_rows
        How many rows a block has.
    """

    attempt: Path
    places: dict[str, Path]
    block_rows: int

    def put_rows(self, rows: FloatArray, row_ids: IntArray) -> None:
        """Put the rows (n, d) and their (n,) ids where the executors read them; the driver calls this."""
        np.save(self.attempt / ROWS_ARRAY, rows, allow_pickle=False)
        np.save(self.attempt / IDS_ARRAY, row_ids, allow_pickle=False)

    def read(self, block: int) -> tuple[FloatArray, IntArray]:
        """Return the rows and the ids of a block.

        Raises
        ------
        RunError
            When this machine does not reach the folder.
        """
        at = slice(block * self.block_rows, (block + 1) * self.block_rows)
        return np.array(self._rows[at], dtype=np.float64), np.array(self.row_ids[at], dtype=np.int64)

    @cached_property
    def _rows(self) -> FloatArray:
        return self._mapped(ROWS_ARRAY)

    @cached_property
    def row_ids(self) -> IntArray:
        """The ids of all rows."""
        return self._mapped(IDS_ARRAY)

    def write(self, first: int, blocks: list[int], tables: dict[str, pa.Table]) -> tuple[int, int]:
        """Write the tables of a part, by their kinds; return how many rows it has, and how many of them failed.

        Parameters
        ----------
        first, blocks
            The first of its blocks, which names the part, and all of them.
        tables
            Of the schemas that `Run.append` takes; the results are ``tables["wave"]``.

        Raises
        ------
        RunError
            When this machine cannot write to the folder, or the attempt has ended.
        """
        counts = count_rows(tables[RESULTS])
        waves = tables["tasks"]["wave"].unique().to_pylist()
        named = with_numbers(tables[RESULTS], {BLOCKS_KEY: blocks, COUNTS_KEY: counts, WAVES_KEY: waves})
        kinds = sorted(tables, key=lambda kind: kind == RESULTS)
        try:
            for kind in kinds:
                table = named if kind == RESULTS else tables[kind]
                self._write_whole(table, self.places[kind] / part_name(kind, first))
        except OSError as error:
            raise self._unusable(error) from error
        return counts

    def _write_whole(self, table: pa.Table, path: Path) -> None:
        temporary = self.attempt / f"{path.stem}-{secrets.token_hex(8)}"
        try:
            write_parquet(table, temporary)
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise

    def _mapped(self, name: str) -> npt.NDArray[Any]:
        try:
            return np.load(self.attempt / name, mmap_mode="r", allow_pickle=False)  # type: ignore[no-any-return]
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> RunError:
        reason = os.strerror(error.errno) if error.errno else str(error)
        return RunError(
            f"The executor on {socket.gethostname()} cannot use the folder {str(self.attempt.parents[1])!r} "
            f"({reason}): {self._advice(error)}"
        )

    def _advice(self, error: OSError) -> str:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return "the disk is full; make room there and resume the run"
        if error.errno in (errno.EACCES, errno.EPERM):
            return "executors that write must run as the user who explains, or be let into the folder"
        if self.attempt.parent.is_dir() and not self.attempt.exists():
            return "the run has ended, or was resumed, while this executor worked on it"
        return "where executors write, a run must be in a folder that all of them reach by the same path"


def part_name(kind: str, first: int) -> str:
    """Return the name of a part by its first block: their order is that of the rows."""
    return f"{kind}-{first:09d}.parquet"
