"""The two kinds of waves: those whose results come back to the driver, and those that the executors write."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from sparklime_core.explain.runtime import PHASES
from sparklime_core.explain.schema import (
    BLOCK_SCHEMA,
    DONE_SCHEMA,
    PART_SCHEMA,
    STABILITY_SCHEMA,
    WRITTEN_SCHEMA,
)
from sparklime_core.explain.types import FloatArray, IntArray
from sparklime_core.spark.session.backend import Backend
from sparklime_core.spark.waves.payload import Payload
from sparklime_core.spark.waves.worker import Parts, block_explainer, part_writer, task_table, work_table

WAVE_BYTES = 32 * 1024 * 1024
"""The most bytes of the rows of a wave, at any speed: it bounds the driver's memory."""

PART_ROWS = 65_536
"""The most rows of a part: an executor holds the results of one."""


@dataclass(frozen=True)
class Wave:
    """A finished wave.

    Attributes
    ----------
    number
        Counted from the run's first wave on.
    blocks
        The blocks that it explained, ascending.
    explanations
        Table of `compact_schema`, in row order.
    tasks
        Table of `TASK_SCHEMA`.
    work
        Table of `WORK_SCHEMA`, by ascending block.
    stability
        Table of `STABILITY_SCHEMA`, in row order; None where the task measures none.
    spent
        Seconds of the executors by phase (`sparklime_core.explain.runtime.PHASES`), all its tasks together.
    """

    number: int
    blocks: tuple[int, ...]
    explanations: pa.Table
    tasks: pa.Table
    work: pa.Table
    stability: pa.Table | None
    spent: dict[str, float]


@dataclass(frozen=True)
class CollectedWaves:
    """Waves whose results come back to the driver.

    Attributes
    ----------
    backend, payload
        The session, and what the executors explain with.
    schema
        Of the results.
    rows, row_ids, block_rows
        All rows (n, d), their (n,) ids, and how many of them a block has.
    """

    backend: Backend
    payload: Payload
    schema: pa.Schema
    rows: FloatArray
    row_ids: IntArray
    block_rows: int

    def most_blocks(self, _cores: int) -> int:
        """Return how many blocks a wave may have: the driver holds the rows of all of them."""
        return int(WAVE_BYTES // (self.block_rows * (self.rows.shape[1] + 1) * 8))

    def explain(self, number: int, blocks: tuple[int, ...], tasks: int) -> tuple[Wave, float]:
        """Explain the blocks of a wave; return it, and the mean seconds of a block."""
        packed, explain = self._pack(blocks, tasks), block_explainer(self.payload)
        done = self.backend.map_batches(packed, tasks, explain, DONE_SCHEMA)
        wave = Wave(
            number,
            blocks,
            unpack(done, "explained", self.schema),
            task_table(number, done),
            work_table(number, done, self.row_ids, self.block_rows),
            unpack(done, "measured", STABILITY_SCHEMA),
            {name: float(np.sum(done[name])) for name in PHASES},
        )
        return wave, float(np.mean(done["block_seconds"]))

    def _pack(self, blocks: Sequence[int], tasks: int) -> pa.Table:
        cuts = [slice(block * self.block_rows, (block + 1) * self.block_rows) for block in blocks]
        columns = [
            pa.array(blocks, pa.int64()),
            pa.array(
                [np.ascontiguousarray(self.rows[at], dtype=np.float64).tobytes() for at in cuts], pa.binary()
            ),
            pa.array([self.row_ids[at].astype(np.int64).tobytes() for at in cuts], pa.binary()),
        ]
        whole = pa.record_batch(columns, schema=BLOCK_SCHEMA)
        # A task has a batch, where Spark does not cut small data as it likes.
        share = -(-len(blocks) // tasks)
        return pa.Table.from_batches([whole.slice(at, share) for at in range(0, len(blocks), share)])


@dataclass(frozen=True)
class WrittenWave:
    """A finished wave that the executors have written.

    Attributes
    ----------
    number, blocks
        Counted from the run's first wave on; the blocks that it explained, ascending.
    rows, failed
        How many rows its parts have, and how many of them failed.
    by_executor
        Its rows by executor.
    spent
        Seconds of the executors by phase, all its tasks together; ``tasks`` is their whole time.
    """

    number: int
    blocks: tuple[int, ...]
    rows: int
    failed: int
    by_executor: Mapping[str, int]
    spent: Mapping[str, float]


@dataclass(frozen=True)
class WrittenWaves:
    """Waves that the executors write.

    Attributes
    ----------
    backend, payload
        The session, and what the executors explain with.
    parts
        Where they read and write.
    """

    backend: Backend
    payload: Payload
    parts: Parts

    def most_blocks(self, cores: int) -> int:
        """Return how many blocks a wave may have: a core holds the results of its own."""
        return cores * (PART_ROWS // self.parts.block_rows)

    def explain(self, number: int, blocks: tuple[int, ...], tasks: int) -> tuple[WrittenWave, float]:
        """Explain the blocks of a wave; return it, and the mean seconds of a block."""
        most = part_blocks(len(blocks), tasks, self.parts.block_rows)
        wanted = [pa.record_batch([[first], [end]], schema=PART_SCHEMA) for first, end in stretches(blocks, most)]
        write = part_writer(self.payload, self.parts, number)
        done = self.backend.map_batches(pa.Table.from_batches(wanted), tasks, write, WRITTEN_SCHEMA)
        by_executor: Counter[str] = Counter()
        for part in done.select(["executor", "rows"]).to_pylist():
            by_executor[part["executor"]] += part["rows"]
        sums = {name: float(np.sum(done[name])) for name in ("rows", "failed", "seconds", *PHASES)}
        spent = {**{name: sums[name] for name in PHASES}, "tasks": sums["seconds"]}
        wave = WrittenWave(number, blocks, int(sums["rows"]), int(sums["failed"]), by_executor, spent)
        return wave, float(np.mean(done["block_seconds"]))


def part_blocks(blocks: int, tasks: int, block_rows: int) -> int:
    """Return how many blocks a part may have: a task's share of a wave, in several parts where that is large."""
    return min(-(-blocks // tasks), PART_ROWS // block_rows)


def stretches(blocks: Sequence[int], most: int) -> Iterator[tuple[int, int]]:
    """Cut ascending blocks into stretches without a gap, of at most `most` blocks: (first block, end)."""
    first = previous = blocks[0]
    for block in blocks[1:]:
        if block != previous + 1 or block - first == most:
            yield first, previous + 1
            first = block
        previous = block
    yield first, previous + 1


def unpack(done: pa.Table, column: str, schema: pa.Schema) -> pa.Table | None:
    """Return the tables in a column of the blocks (of `DONE_SCHEMA`) as one; None without any."""
    ordered = done.select(["block", column]).sort_by("block")
    packed = [batch.as_py() for batch in ordered[column] if batch.is_valid]
    if not packed:
        return None
    batches = [pa.ipc.read_record_batch(pa.py_buffer(batch), schema) for batch in packed]
    return pa.Table.from_batches(batches, schema=schema)
