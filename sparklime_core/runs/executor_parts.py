"""`ExecutorParts`: the parts of a run that its executors write themselves, to a folder that all of them reach.

Executors have no more than what explaining needs, so this module imports little.
"""

import contextlib
import errno
import os
import secrets
import socket
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparklime_core.errors import RunError
from sparklime_core.explain.types import FloatArray, IntArray
from sparklime_core.runs.part_tables import COUNTS, NUMBERS, WAVES, count_rows, with_numbers, write_parquet

ROWS, ROW_IDS = "rows.npy", "row_ids.npy"
LAST = "wave"
"""The kind of a part that is written last: without it a part does not count."""


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
        np.save(self.attempt / ROWS, rows, allow_pickle=False)
        np.save(self.attempt / ROW_IDS, row_ids, allow_pickle=False)

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
        return self._mapped(ROWS)

    @cached_property
    def row_ids(self) -> IntArray:
        """The ids of all rows."""
        return self._mapped(ROW_IDS)

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
        counts = count_rows(tables[LAST])
        waves = tables["tasks"]["wave"].unique().to_pylist()
        named = with_numbers(tables[LAST], {NUMBERS: blocks, COUNTS: counts, WAVES: waves})
        kinds = sorted(tables, key=lambda kind: kind == LAST)
        try:
            for kind in kinds:
                table = named if kind == LAST else tables[kind]
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
