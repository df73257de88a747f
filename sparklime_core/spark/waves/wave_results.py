"""What a wave brought back, as the tables of a run."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sparklime_core.explain.schema import TASK_SCHEMA, WORK_SCHEMA
from sparklime_core.explain.types import IntArray


def unpack(done: pa.Table, column: str, schema: pa.Schema) -> pa.Table | None:
    """Return the tables that the blocks (of `DONE_SCHEMA`) carry in a column, as one; None without any."""
    ordered = done.select(["block", column]).sort_by("block")
    packed = [batch.as_py() for batch in ordered[column] if batch.is_valid]
    if not packed:
        return None
    batches = [pa.ipc.read_record_batch(pa.py_buffer(batch), schema) for batch in packed]
    return pa.Table.from_batches(batches, schema=schema)


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
    """Say who explained each block, of ``size`` rows, and when: ``seconds`` is how far the task was at its end."""
    facts = done.sort_by("block")
    first = facts["block"].to_numpy() * size
    last = np.minimum(first + size, len(row_ids)) - 1
    before = (facts["seconds"].to_numpy() - facts["block_seconds"].to_numpy()) * 1e6
    started = pa.array(facts["started"].to_numpy() + before.astype(np.int64))
    columns = {name: facts[name] for name in WORK_SCHEMA.names if name in facts.column_names}
    columns["first_row"], columns["last_row"] = (pa.array(row_ids[at]) for at in (first, last))
    columns["wave"] = pa.array([wave] * len(facts), pa.int32())
    columns["started"] = pc.cast(started, pa.timestamp("us", tz="UTC"))
    columns["seconds"] = facts["block_seconds"]
    return pa.table([columns[name] for name in WORK_SCHEMA.names], schema=WORK_SCHEMA)
