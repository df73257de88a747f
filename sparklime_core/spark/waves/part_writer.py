"""What runs on the executors that write: the numbers of blocks in, the counts of what they wrote out."""

import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pyarrow as pa

from sparklime_core.explain.phase_timer import phase, take_seconds
from sparklime_core.explain.schema import DONE_SCHEMA, STABILITY_SCHEMA, WRITTEN_SCHEMA
from sparklime_core.explain.task import ExplainTask
from sparklime_core.explain.types import FloatArray, IntArray
from sparklime_core.spark.waves.payload import Payload
from sparklime_core.spark.waves.wave_results import task_table, work_table
from sparklime_core.spark.waves.worker import ExplainedBlock, Work

Batches = Iterator[pa.RecordBatch]


class Parts(Protocol):
    """Where executors read rows and write parts; `sparklime_core.runs.executor_parts` has that of a run."""

    @property
    def block_rows(self) -> int:
        """How many rows a block has."""

    @property
    def row_ids(self) -> IntArray:
        """The (n,) ids of all rows."""

    def read(self, block: int) -> tuple[FloatArray, IntArray]:
        """Return the rows and the ids of a block."""

    def write(self, first: int, blocks: list[int], tables: dict[str, pa.Table]) -> tuple[int, int]:
        """Write the tables of a part by their kinds; return how many rows it has, and how many failed."""


def part_writer(payload: Payload, parts: Parts, wave: int) -> Callable[[Batches], Batches]:
    """Return the function for ``mapInArrow`` that explains the blocks of each part, and writes the part."""

    def write(batches: Batches) -> Batches:
        for batch in batches:
            for asked in batch.to_pylist():
                record = _write_part(payload, parts, wave, asked["first"], asked["end"])
                yield pa.RecordBatch.from_pylist([record], schema=WRITTEN_SCHEMA)

    return write


def _write_part(payload: Payload, parts: Parts, wave: int, first: int, end: int) -> dict[str, Any]:
    work = Work()
    task = work.load(payload)
    done = [work.explain(task, block, *parts.read(block)) for block in range(first, end)]
    with phase("packing"):
        rows, failed = parts.write(first, list(range(first, end)), _tables(task, parts, wave, done))
    return {
        **work.facts,
        "rows": rows,
        "failed": failed,
        "block_seconds": sum(block.facts["block_seconds"] for block in done) / len(done),
        "seconds": time.perf_counter() - work.began,
        **take_seconds(),
    }


def _tables(task: ExplainTask, parts: Parts, wave: int, done: list[ExplainedBlock]) -> dict[str, pa.Table]:
    facts = pa.Table.from_pylist([block.facts for block in done], DONE_SCHEMA)
    measured = [block.measured for block in done if block.measured is not None]
    tables = {
        "wave": task.vocabulary.decode(pa.Table.from_batches([block.explained for block in done])),
        "tasks": task_table(wave, facts),
        "blocks": work_table(wave, facts, parts.row_ids, parts.block_rows),
    }
    return {**tables, "stability": pa.Table.from_batches(measured, STABILITY_SCHEMA)} if measured else tables
