"""Waves whose rows the driver sends, and whose results come back to it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql.pandas.types import from_arrow_schema

from sparklime_core.explain.phase_timer import PHASES
from sparklime_core.explain.schema import BLOCK_SCHEMA, DONE_SCHEMA, STABILITY_SCHEMA
from sparklime_core.explain.types import FloatArray, IntArray
from sparklime_core.spark.session.backend import Backend
from sparklime_core.spark.versions import to_arrow
from sparklime_core.spark.waves.payload import Payload
from sparklime_core.spark.waves.wave_results import task_table, unpack, work_table
from sparklime_core.spark.waves.worker import block_explainer

WAVE_BYTES = 32 * 1024 * 1024
"""The most bytes of the rows of a wave, at any speed: it bounds the driver's memory."""


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
        Seconds of the executors by phase (`sparklime_core.explain.phase_timer.PHASES`), all its tasks together.
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
    """How waves are explained whose results the driver wants.

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
        # Spark cuts small data into as many partitions as it has cores.
        sent = self.backend.send(self._pack(blocks, tasks)).coalesce(tasks)
        done = to_arrow(sent.mapInArrow(block_explainer(self.payload), from_arrow_schema(DONE_SCHEMA)))
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
        # A batch is a partition where Spark does not cut small data as it likes.
        share = -(-len(blocks) // tasks)
        return pa.Table.from_batches([whole.slice(at, share) for at in range(0, len(blocks), share)])
