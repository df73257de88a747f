"""What runs on the executors: blocks of rows in, explanations and the facts of the task out."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.taskcontext import TaskContext

from sparklime_core.explain.phase_timer import phase, take_seconds
from sparklime_core.explain.schema import DONE_SCHEMA
from sparklime_core.explain.task import ExplainTask
from sparklime_core.explain.types import FloatArray, IntArray
from sparklime_core.spark.executors.identity import executor_id
from sparklime_core.spark.executors.logs import log_row
from sparklime_core.spark.waves.payload import Payload

Batches = Iterator[pa.RecordBatch]


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


@dataclass(frozen=True)
class Work:
    """A stretch of a task: it loads the payload, and explains blocks one at a time."""

    began: float = field(default_factory=time.perf_counter)
    facts: dict[str, Any] = field(default_factory=_facts_of_task)

    def load(self, payload: Payload) -> ExplainTask:
        """Return what the payload holds."""
        take_seconds()
        with phase("load"):
            return payload.load()

    def explain(self, task: ExplainTask, block: int, rows: FloatArray, row_ids: IntArray) -> ExplainedBlock:
        """Explain the rows (n, d) of a block."""
        began = time.perf_counter()
        log_row(task, rows[0], str(row_ids[0]), len(rows))
        explained, measured = task.explain_and_measure(rows, row_ids)
        now = time.perf_counter()
        times = {"block_seconds": now - began, "seconds": now - self.began}
        return ExplainedBlock(explained, measured, {"block": block, "rows": len(rows), **times, **self.facts})


def block_explainer(payload: Payload) -> Callable[[Batches], Batches]:
    """Return the function for ``mapInArrow`` that explains the blocks of a partition, one at a time."""

    def explain(batches: Batches) -> Batches:
        work = Work()
        task = work.load(payload)
        for batch in batches:
            for block in batch.to_pylist():
                row_ids = np.frombuffer(block["row_ids"], dtype=np.int64)
                rows = np.frombuffer(block["rows"]).reshape(len(row_ids), -1).copy()
                done = work.explain(task, block["block"], rows, row_ids)
                with phase("packing"):
                    packed = done.explained.serialize().to_pybytes()
                    measures = None if done.measured is None else done.measured.serialize().to_pybytes()
                record = {**done.facts, "explained": packed, "measured": measures, **take_seconds()}
                yield pa.RecordBatch.from_pylist([record], schema=DONE_SCHEMA)

    return explain
