"""What runs on the executors: blocks of rows in, compact explanations and the facts of the task out."""

import os
import socket
import time
from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
from pyspark.taskcontext import TaskContext

from sparklime_core.explain.phase_timer import phase, take_seconds
from sparklime_core.explain.schema import DONE_SCHEMA
from sparklime_core.spark.executors.identity import executor_id
from sparklime_core.spark.executors.logs import log_row
from sparklime_core.spark.waves.payload import Payload

Batches = Iterator[pa.RecordBatch]


def block_explainer(payload: Payload) -> Callable[[Batches], Batches]:
    """Return the function for ``mapInArrow`` that explains the blocks of a partition, one at a time."""

    def explain(batches: Batches) -> Batches:
        started, began = time.time_ns() // 1000, time.perf_counter()
        context = TaskContext.get()
        facts = {
            "partition": context.partitionId() if context else 0,
            "attempt": context.attemptNumber() if context else 0,
            "executor": executor_id(),
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "started": started,
        }
        take_seconds()
        with phase("load"):
            task = payload.load()
        for batch in batches:
            for block in batch.to_pylist():
                block_began = time.perf_counter()
                row_ids = np.frombuffer(block["row_ids"], dtype=np.int64)
                rows = np.frombuffer(block["rows"]).reshape(len(row_ids), -1).copy()
                log_row(task, rows[0], str(row_ids[0]), len(rows))
                explained, measured = task.explain_and_measure(rows, row_ids)
                with phase("packing"):
                    packed = explained.serialize().to_pybytes()
                    measures = None if measured is None else measured.serialize().to_pybytes()
                now = time.perf_counter()
                done = {
                    "block": block["block"],
                    "explained": packed,
                    "measured": measures,
                    "rows": len(rows),
                    "block_seconds": now - block_began,
                    "seconds": now - began,
                    **facts,
                    **take_seconds(),
                }
                yield pa.RecordBatch.from_pylist([done], schema=DONE_SCHEMA)

    return explain
