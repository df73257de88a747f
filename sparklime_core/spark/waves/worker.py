"""The code that executors run: it explains blocks of rows, and returns the explanations or writes them."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.taskcontext import TaskContext

from sparklime_core.explain.runtime import phase, take_seconds
from sparklime_core.explain.schema import DONE_SCHEMA, STABILITY_SCHEMA, TASK_SCHEMA, WORK_SCHEMA, WRITTEN_SCHEMA
from sparklime_core.explain.task import ExplainTask
from sparklime_core.explain.types import FloatArray, IntArray
from sparklime_core.spark.executors.logs import log_row
from sparklime_core.spark.executors.self_report import executor_id
from sparklime_core.spark.waves.payload import Payload

Batches = Iterator[pa.RecordBatch]


def task_table(wave: int, done: pa.Table) -> pa.Table:
    """Sum up blocks to tasks; the last block of a task knows how long it took."""
    keys = ["partition", "attempt", "executor", "host", "pid", "started"]
    tasks = done.group_by(keys).aggregate([("rows", "sum"), ("seconds", "max")]).sort_by("partition")
    columns = {name: tasks[name] for name in keys}
    columns["wave"] = pa.array([wave] * len(tasks), pa.int32())
    columns["rows"], columns["seconds"] = tasks["rows_sum"], tasks["seconds_max"]
    columns["started"] = pc.cast(tasks["started"], pa.timestamp("us", tz="UTC"))
    return pa.table([columns[name] for name in TASK_SCHEMA.names], schema=TASK_SCHEMA)


def work_table(wave: int, done: pa.Table, row_ids: IntArray, size: int) -> pa.Table:
    """Return who explained each block of ``size`` rows, and when."""
    facts = done.sort_by("block")
    first = facts["block"].to_numpy() * size
    last = np.minimum(first + size, len(row_ids)) - 1
    # A block's `seconds` is how long its task had run at the block's end.
    before = (facts["seconds"].to_numpy() - facts["block_seconds"].to_numpy()) * 1e6
    started = pa.array(facts["started"].to_numpy() + before.astype(np.int64))
    columns = {name: facts[name] for name in WORK_SCHEMA.names if name in facts.column_names}
    columns["first_row"], columns["last_row"] = (pa.array(row_ids[at]) for at in (first, last))
    columns["wave"] = pa.array([wave] * len(facts), pa.int32())
    columns["started"] = pc.cast(started, pa.timestamp("us", tz="UTC"))
    columns["seconds"] = facts["block_seconds"]
    return pa.table([columns[name] for name in WORK_SCHEMA.names], schema=WORK_SCHEMA)


def _facts_of_task() -> dict[str, Any]:
    context = TaskContext.get()
    return {
        "partition": context.partitionId() if context else 0,
        "attempt": context.attemptNumber() if context else 0,
        "executor": executor_id(),
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "started": time.time_ns() // 1000,
    }


@dataclass(frozen=True)
class ExplainedBlock:
    """A block after it was explained.

    Attributes
    ----------
    explained, measured
        Of `compact_schema`; of `STABILITY_SCHEMA`, or None.
    facts
        The other columns of `DONE_SCHEMA`.
    """

    explained: pa.RecordBatch
    measured: pa.RecordBatch | None
    facts: dict[str, Any]


class BlockWork:
    """The work of a Spark task, or of one part: it loads the payload, then explains blocks one at a time.

    Parameters
    ----------
    payload
        The payload.
    """

    def __init__(self, payload: Payload) -> None:
        self.began = time.perf_counter()
        self.facts = _facts_of_task()
        take_seconds()
        with phase("load"):
            self.task = payload.load()

    def explain(self, block: int, rows: FloatArray, row_ids: IntArray) -> ExplainedBlock:
        """Explain the rows (n, d) of a block."""
        began = time.perf_counter()
        log_row(self.task, rows[0], str(row_ids[0]), len(rows))
        explained, measured = self.task.explain_and_measure(rows, row_ids)
        now = time.perf_counter()
        times = {"block_seconds": now - began, "seconds": now - self.began}
        return ExplainedBlock(explained, measured, {"block": block, "rows": len(rows), **times, **self.facts})


def block_explainer(payload: Payload) -> Callable[[Batches], Batches]:
    """Return the function for `Backend.map_batches` that explains the blocks of a partition, one at a time."""

    def explain(batches: Batches) -> Batches:
        work = BlockWork(payload)
        for batch in batches:
            for block in batch.to_pylist():
                row_ids = np.frombuffer(block["row_ids"], dtype=np.int64)
                rows = np.frombuffer(block["rows"]).reshape(len(row_ids), -1).copy()
                done = work.explain(block["block"], rows, row_ids)
                with phase("packing"):
                    packed = done.explained.serialize().to_pybytes()
                    measures = None if done.measured is None else done.measured.serialize().to_pybytes()
                record = {**done.facts, "explained": packed, "measured": measures, **take_seconds()}
                yield pa.RecordBatch.from_pylist([record], schema=DONE_SCHEMA)

    return explain


class Parts(Protocol):
    """Where executors read rows and write parts; `sparklime_core.runs.parts` has that of a run."""

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
    """Return the function for `Backend.map_batches` that explains the blocks of each part, and writes the part."""

    def write(batches: Batches) -> Batches:
        for batch in batches:
            for asked in batch.to_pylist():
                record = _write_part(payload, parts, wave, asked["first"], asked["end"])
                yield pa.RecordBatch.from_pylist([record], schema=WRITTEN_SCHEMA)

    return write


def _write_part(payload: Payload, parts: Parts, wave: int, first: int, end: int) -> dict[str, Any]:
    work = BlockWork(payload)
    done = [work.explain(block, *parts.read(block)) for block in range(first, end)]
    with phase("packing"):
        rows, failed = parts.write(first, list(range(first, end)), _tables(work.task, parts, wave, done))
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
