"""The waves of a run, as a driver appends them."""

import pyarrow as pa

from sparklime_core.explain.schema import TASK_SCHEMA, WORK_SCHEMA
from sparklime_core.explain.task import BLOCK_ROWS


def tasks(wave, rows, executor="0"):
    values = [[wave], [0], [0], [executor], ["host"], [100 + wave], [rows], [1_700_000_000_000_000 + wave], [0.5]]
    return pa.table(values, names=TASK_SCHEMA.names).cast(TASK_SCHEMA)


def work(wave, first, last, executor="0"):
    started = 1_700_000_000_000_000 + wave
    values = [wave, first, last, wave, 0, 0, executor, "host", 100 + wave, started, 0.25]
    return pa.table([[value] for value in values], names=WORK_SCHEMA.names).cast(WORK_SCHEMA)


def append_both(run, explained):
    # The second wave is written first, as happens with two in flight.
    run.append(1, [1], explained.slice(BLOCK_ROWS), tasks(1, 4, "1"), work(1, BLOCK_ROWS, BLOCK_ROWS + 3, "1"))
    run.append(0, [0], explained.slice(0, BLOCK_ROWS), tasks(0, BLOCK_ROWS), work(0, 0, BLOCK_ROWS - 1))
