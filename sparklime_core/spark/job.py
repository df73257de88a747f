"""`run_waves`: explain the rows of one run on Spark, wave by wave.

A *block* of rows is the unit of work, a *wave* is one Spark job over some blocks. Waves give live results,
cancellation, bounded memory and resuming, all from one mechanism; two in flight hide the stragglers of one.
"""

import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import SparkSession

from sparklime_core.errors import CancelledError, SparkError
from sparklime_core.explain.blocks import ExplainTask, block_rows
from sparklime_core.explain.schema import COMPACT_SCHEMA, TASK_SCHEMA, WORK_SCHEMA
from sparklime_core.explain.settings import EngineName
from sparklime_core.explain.types import FloatArray, IntArray
from sparklime_core.spark.backend import backend_of
from sparklime_core.spark.failures import one_sentence
from sparklime_core.spark.payload import Payload, publish
from sparklime_core.spark.shipping import ship_package
from sparklime_core.spark.worker import BLOCK_SCHEMA, block_explainer

IN_FLIGHT = 2
WAVE_SECONDS = 4.0
"""How long a wave should take: long against Spark's tenth of a second a job, short for a person who watches."""

FIRST_SECONDS = 0.5
"""How long the first wave should take, by what a row is expected to cost: results are there soon."""

EXPECTED_SECONDS: dict[EngineName, float] = {"reference": 0.1, "sampled": 3e-4, "exact": 3e-4}
"""What a row of a middling table costs a core, as long as nothing is measured."""

GROWTH = 8
"""How much larger the second wave is than the first, so that the executors do not wait for the first measure."""

WAVE_BYTES = 32 * 1024 * 1024
"""The most that the rows of a wave weigh, whatever the speed: what bounds the driver's memory."""

POLL_SECONDS = 0.1
DONE_DDL = (
    "block long, explained binary, rows long, block_seconds double, partition int, attempt int, executor string, "
    "host string, pid long, started long, seconds double"
)


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
        Table of `COMPACT_SCHEMA`, in row order.
    tasks
        Table of `TASK_SCHEMA`.
    work
        Table of `WORK_SCHEMA`, by ascending block.
    """

    number: int
    blocks: tuple[int, ...]
    explanations: pa.Table
    tasks: pa.Table
    work: pa.Table


def run_waves(
    spark: SparkSession,
    task: ExplainTask,
    rows: FloatArray,
    row_ids: IntArray,
    *,
    blocks: Sequence[int] | None = None,
    first_wave: int = 0,
    tasks_at_once: int | None = None,
    on_wave: Callable[[Wave], None],
    cancel: threading.Event,
) -> None:
    """Explain rows on the executors of a session.

    Parameters
    ----------
    spark
        A session from `connect`, or any other one, classic or of Spark Connect.
    task
        What `prepare_task` has made.
    rows, row_ids
        (n, d) rows and their (n,) ids.
    blocks
        Which blocks (of `block_rows` rows each) to explain; all when None.
    first_wave
        Number of the first wave.
    tasks_at_once
        The most tasks that run at any time, one wave after another; as many as there are cores, and two waves in
        flight, when None.
    on_wave
        Called in this thread with each finished wave, in the order in which they finish.
    cancel
        Set it to stop.

    Raises
    ------
    CancelledError
        After `cancel` was set, and the executors were told to stop.
    SparkError
        When a wave has failed; waves that finished before were handed over.
    """
    size = block_rows(task.settings, len(rows))
    wanted = sorted(range(-(-len(rows) // size)) if blocks is None else blocks)
    if not wanted:
        return
    ship_package(spark)
    payload = publish(spark, task)
    try:
        pace = Pace(size * EXPECTED_SECONDS[task.settings.engine])
        _Flight(spark, payload, rows, row_ids, size, pace, tasks_at_once).run(wanted, first_wave, on_wave, cancel)
    finally:
        _quietly(payload.discard)


class Pace:
    """Decides how many blocks the next wave has, from the measured speed of the last ones.

    Parameters
    ----------
    expected_seconds
        What a block is expected to cost a core, until it is measured.
    """

    def __init__(self, expected_seconds: float) -> None:
        self._seconds: float | None = None
        self._guess = max(1, round(FIRST_SECONDS / expected_seconds))

    def blocks(self, cores: int, block_bytes: int) -> int:
        """Return a number of blocks: few at first, and more while that wave's measure is awaited."""
        wanted = self._guess if self._seconds is None else round(WAVE_SECONDS / self._seconds)
        self._guess *= GROWTH
        return cores * max(1, min(wanted, WAVE_BYTES // (cores * block_bytes)))

    def learn(self, block_seconds: float) -> None:
        """Take in how many seconds a core needed for a block of the last wave."""
        self._seconds = max(block_seconds, 1e-3)


class _Flight:
    """The waves of one call of `run_waves`."""

    def __init__(
        self,
        spark: SparkSession,
        payload: Payload,
        rows: FloatArray,
        row_ids: IntArray,
        size: int,
        pace: Pace,
        tasks_at_once: int | None,
    ) -> None:
        self._backend = backend_of(spark)
        self._payload = payload
        self._rows = rows
        self._row_ids = row_ids
        self._size = size
        self._block_bytes = size * (rows.shape[1] + 1) * 8
        self._tag = f"sparklime-{uuid.uuid4().hex}"
        self._pace = pace
        self._tasks_at_once = tasks_at_once
        self._in_flight = IN_FLIGHT if tasks_at_once is None else 1
        self._landed = threading.Event()

    def run(
        self,
        blocks: Sequence[int],
        number: int,
        on_wave: Callable[[Wave], None],
        cancel: threading.Event,
    ) -> None:
        left = list(blocks)
        with ThreadPoolExecutor(IN_FLIGHT, "sparklime-wave", self._backend.enter_thread, (self._tag,)) as pool:
            flying: set[Future[Wave]] = set()
            landed: set[Future[Wave]] = set()
            try:
                while left or flying or landed:
                    # The next wave starts first: the executors work on while the last one is written.
                    # One at a time, a poll apart: Spark runs the jobs in the order in which they come.
                    if left and len(flying) < self._in_flight:
                        count = self._pace.blocks(self._cores(), self._block_bytes)
                        flying.add(pool.submit(self._fly, number, tuple(left[:count])))
                        del left[:count]
                        number += 1
                    for future in landed:
                        on_wave(_result(future))
                    landed, flying = wait(flying, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
                    if cancel.is_set():
                        raise CancelledError("The run was cancelled.")
            except BaseException:
                self._stop(flying)
                raise

    def _cores(self) -> int:
        cores = self._backend.parallelism()
        return cores if self._tasks_at_once is None else min(cores, self._tasks_at_once)

    def _fly(self, number: int, blocks: tuple[int, ...]) -> Wave:
        if self._landed.is_set():
            raise CancelledError("The run was cancelled.")
        sent = self._backend.send(self._pack(blocks))
        done = sent.mapInArrow(block_explainer(self._payload), DONE_DDL).toArrow()
        self._pace.learn(float(np.mean(done["block_seconds"])))
        return Wave(number, blocks, _explanations(done), _tasks(number, done), self._work(number, done))

    def _pack(self, blocks: Sequence[int]) -> pa.Table:
        cuts = [slice(block * self._size, (block + 1) * self._size) for block in blocks]
        columns = [
            pa.array(blocks, pa.int64()),
            pa.array(
                [np.ascontiguousarray(self._rows[at], dtype=np.float64).tobytes() for at in cuts], pa.binary()
            ),
            pa.array([self._row_ids[at].astype(np.int64).tobytes() for at in cuts], pa.binary()),
        ]
        whole = pa.record_batch(columns, schema=BLOCK_SCHEMA)
        # A batch is a partition where Spark does not cut small data as it likes.
        share = -(-len(blocks) // self._cores())
        return pa.Table.from_batches([whole.slice(at, share) for at in range(0, len(blocks), share)])

    def _work(self, wave: int, done: pa.Table) -> pa.Table:
        """Say who explained each block, and when: ``seconds`` of a task is how far it was at the block's end."""
        facts = done.drop_columns(["explained", "rows"]).sort_by("block")
        first = facts["block"].to_numpy() * self._size
        last = np.minimum(first + self._size, len(self._row_ids)) - 1
        before = (facts["seconds"].to_numpy() - facts["block_seconds"].to_numpy()) * 1e6
        columns = {name: facts[name] for name in facts.column_names}
        columns["first_row"], columns["last_row"] = (pa.array(self._row_ids[at]) for at in (first, last))
        columns["wave"] = pa.array([wave] * len(facts), pa.int32())
        started = pa.array(facts["started"].to_numpy() + before.astype(np.int64))
        columns["started"] = pc.cast(started, pa.timestamp("us", tz="UTC"))
        columns["seconds"] = facts["block_seconds"]
        return pa.table([columns[name] for name in WORK_SCHEMA.names], schema=WORK_SCHEMA)

    def _stop(self, flying: Iterable["Future[Wave]"]) -> None:
        """Cancel what runs, again and again: a wave may be just about to start its job."""
        self._landed.set()
        left = set(flying)
        while left:
            _quietly(lambda: self._backend.cancel(self._tag))
            _, left = wait(left, timeout=2 * POLL_SECONDS)


def _result(future: "Future[Wave]") -> Wave:
    try:
        return future.result()
    except CancelledError:
        raise
    except Exception as error:
        raise SparkError(f"A Spark job failed: {one_sentence(error)}") from error


def _explanations(done: pa.Table) -> pa.Table:
    ordered = done.select(["block", "explained"]).sort_by("block")
    batches = [
        pa.ipc.read_record_batch(pa.py_buffer(explained.as_py()), COMPACT_SCHEMA)
        for explained in ordered["explained"]
    ]
    return pa.Table.from_batches(batches, schema=COMPACT_SCHEMA)


def _tasks(wave: int, done: pa.Table) -> pa.Table:
    """Sum up blocks to tasks; the last block of a task knows how long it took."""
    keys = ["partition", "attempt", "executor", "host", "pid", "started"]
    tasks = done.group_by(keys).aggregate([("rows", "sum"), ("seconds", "max")]).sort_by("partition")
    columns = {name: tasks[name] for name in keys}
    columns["wave"] = pa.array([wave] * len(tasks), pa.int32())
    columns["rows"], columns["seconds"] = tasks["rows_sum"], tasks["seconds_max"]
    columns["started"] = pc.cast(tasks["started"], pa.timestamp("us", tz="UTC"))
    return pa.table([columns[name] for name in TASK_SCHEMA.names], schema=TASK_SCHEMA)


def _quietly(action: Callable[[], object]) -> None:
    """Do something for good order that a lost connection makes impossible, and needless."""
    try:
        action()
    except Exception:  # noqa: BLE001
        return
