"""Waves that the executors write: the driver sends the numbers of blocks, and counts come back to it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql.pandas.types import from_arrow_schema

from sparklime_core.explain.phase_timer import PHASES
from sparklime_core.explain.schema import PART_SCHEMA, WRITTEN_SCHEMA
from sparklime_core.spark.session.backend import Backend
from sparklime_core.spark.versions import to_arrow
from sparklime_core.spark.waves.part_writer import Parts, part_writer
from sparklime_core.spark.waves.payload import Payload

PART_ROWS = 65_536
"""The most rows of a part: an executor holds the results of one."""


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
    """How waves are explained that the executors write.

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
        sent = self.backend.send(pa.Table.from_batches(wanted)).coalesce(tasks)
        write = part_writer(self.payload, self.parts, number)
        done = to_arrow(sent.mapInArrow(write, from_arrow_schema(WRITTEN_SCHEMA)))
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
    """Cut ascending blocks into stretches without a gap, of so many at most; each is a first block and an end."""
    first = previous = blocks[0]
    for block in blocks[1:]:
        if block != previous + 1 or block - first == most:
            yield first, previous + 1
            first = block
        previous = block
    yield first, previous + 1
