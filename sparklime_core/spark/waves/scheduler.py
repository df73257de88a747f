"""`run_waves`: explain the rows of one run on Spark, wave by wave.

A *block* of rows is the unit of work, a *wave* is one Spark job over some blocks. Waves give live results,
cancellation, bounded memory and resuming, all from one mechanism; two in flight hide the stragglers of one.
"""

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from sparklime_core.errors import CancelledError, SparkError
from sparklime_core.explain.engines import ENGINES
from sparklime_core.explain.phase_timer import PHASES
from sparklime_core.explain.schema import BLOCK_SCHEMA, DONE_SCHEMA, STABILITY_SCHEMA, compact_schema
from sparklime_core.explain.stability_task import StabilityTask
from sparklime_core.explain.task import ExplainTask, block_rows
from sparklime_core.explain.types import FloatArray, IntArray
from sparklime_core.spark.executors.package_upload import ship_package
from sparklime_core.spark.executors.preflight import require_able_executors
from sparklime_core.spark.executors.watchdog import ExecutorWatchdog
from sparklime_core.spark.session.choose_backend import backend_of
from sparklime_core.spark.session.failures import one_sentence
from sparklime_core.spark.versions import to_arrow
from sparklime_core.spark.waves.payload import Payload, publish
from sparklime_core.spark.waves.wave_results import task_table, unpack, work_table
from sparklime_core.spark.waves.worker import block_explainer
from sparklime_core.waiting import unless_cancelled

IN_FLIGHT = 2
WAVE_SECONDS = 4.0
"""How long a wave should take: long against the tenth of a second that Spark needs per job, short for people."""

LONGEST_SECONDS, LENGTHENING = 12.0, 1.2
"""The longest wave of a long run, and how many times as long as the last one a wave may be. A job costs the driver
a third of a second of processor time, and Python workers wait between tasks."""

FIRST_SECONDS = 0.5
"""How long the first wave should take, by what a row is expected to cost: results are there soon."""

GROWTH = 8
"""How much larger the second wave is than the first: executors then need not wait for the first measure."""

WAVE_BYTES = 32 * 1024 * 1024
"""The most bytes of the rows of a wave, at any speed: it bounds the driver's memory."""

RENEW_SECONDS = 5.0
"""How long a run over Spark Connect waits to learn how many cores there are; others may hold them all."""

POLL_SECONDS = 0.1
LANDING_SECONDS = 1.0
"""How long a stopped run waits for Spark's jobs to end, which they do when the last Python worker has been killed:
Spark looks after a cancelled one every two seconds. What is left of them ends without anybody waiting."""


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
    on_stage: Callable[[str], None] = lambda _stage: None,
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
    on_stage
        Called with ``"broadcasting"`` before the task is brought to the executors, then with ``"explaining"``.
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
    on_stage("broadcasting")
    ship_package(backend_of(spark))
    backend = backend_of(spark)
    unless_cancelled(lambda: _quietly(lambda: backend.renew(RENEW_SECONDS)), cancel)
    payload = unless_cancelled(lambda: publish(spark, task), cancel, lambda late: _quietly(late.discard))
    try:
        unless_cancelled(lambda: require_able_executors(spark, payload.size, payload.packages), cancel)
        on_stage("explaining")
        pace = Pace(size * _expected_seconds(task))
        schema = compact_schema(profiles=task.settings.profiles)
        _WaveScheduler(spark, payload, schema, rows, row_ids, size, pace, tasks_at_once).run(
            wanted, first_wave, on_wave, cancel
        )
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
        self._wave_seconds = WAVE_SECONDS
        self._guess = max(1, round(FIRST_SECONDS / expected_seconds))

    def blocks(self, cores: int, block_bytes: int) -> int:
        """Return a number of blocks: few at first, more while that wave's measure is awaited, and ever more."""
        if self._seconds is None:
            wanted = self._guess
            self._guess *= GROWTH
        else:
            wanted = round(self._wave_seconds / self._seconds)
            self._wave_seconds = min(self._wave_seconds * LENGTHENING, LONGEST_SECONDS)
        return cores * max(1, min(wanted, WAVE_BYTES // (cores * block_bytes)))

    def learn(self, block_seconds: float) -> None:
        """Take in how many seconds a core needed for a block of the last wave."""
        self._seconds = max(block_seconds, 1e-3)


class _WaveScheduler:
    """The waves of one call of `run_waves`."""

    def __init__(
        self,
        spark: SparkSession,
        payload: Payload,
        schema: pa.Schema,
        rows: FloatArray,
        row_ids: IntArray,
        size: int,
        pace: Pace,
        tasks_at_once: int | None,
    ) -> None:
        self._backend = backend_of(spark)
        self._payload = payload
        self._schema = schema
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
        watch = ExecutorWatchdog(self._backend)
        pool = ThreadPoolExecutor(IN_FLIGHT, "sparklime-wave", self._backend.enter_thread, (self._tag,))
        flying: set[Future[Wave]] = set()
        landed: set[Future[Wave]] = set()
        try:
            while left or flying or landed:
                # The next wave starts first: the executors work on while the last one is written.
                if left and self._may_start(flying):
                    count = self._pace.blocks(self._cores(), self._block_bytes)
                    flying.add(pool.submit(self._run_wave, number, tuple(left[:count])))
                    del left[:count]
                    number += 1
                _deliver(landed, on_wave)
                landed, flying = wait(flying, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
                if cancel.is_set():
                    _deliver(landed, on_wave)
                    raise CancelledError("The run was cancelled.")
                watch.check()
        except BaseException:
            self._stop(flying)
            raise
        finally:
            pool.shutdown(wait=False)

    def _may_start(self, flying: "set[Future[Wave]]") -> bool:
        """Tell whether it is time for one more wave: one at a time, and the next when Spark has a job of this run.

        Spark runs jobs in the order in which they come; a small first one must not come after a large one.
        """
        return len(flying) < self._in_flight and (not flying or self._backend.has_begun(self._tag))

    def _cores(self) -> int:
        cores = self._backend.parallelism()
        return cores if self._tasks_at_once is None else min(cores, self._tasks_at_once)

    def _run_wave(self, number: int, blocks: tuple[int, ...]) -> Wave:
        if self._landed.is_set():
            raise CancelledError("The run was cancelled.")
        sent = self._backend.send(self._pack(blocks))
        if self._tasks_at_once is not None:
            # Spark cuts small data into as many partitions as it has cores.
            sent = sent.coalesce(self._cores())
        done = to_arrow(sent.mapInArrow(block_explainer(self._payload), from_arrow_schema(DONE_SCHEMA)))
        self._pace.learn(float(np.mean(done["block_seconds"])))
        return Wave(
            number,
            blocks,
            unpack(done, "explained", self._schema),
            task_table(number, done),
            work_table(number, done, self._row_ids, self._size),
            unpack(done, "measured", STABILITY_SCHEMA),
            {name: float(np.sum(done[name])) for name in PHASES},
        )

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

    def _stop(self, flying: Iterable["Future[Wave]"]) -> None:
        """Cancel what runs, again and again: a wave may be just about to start its job."""
        self._landed.set()
        left = self._cancel(set(flying), LANDING_SECONDS)
        if left:
            threading.Thread(target=self._cancel, args=(left, float("inf")), daemon=True).start()

    def _cancel(self, left: "set[Future[Wave]]", seconds: float) -> "set[Future[Wave]]":
        end = time.monotonic() + seconds
        while left and time.monotonic() < end:
            _quietly(lambda: self._backend.cancel(self._tag))
            _, left = wait(left, timeout=2 * POLL_SECONDS)
        return left


def _expected_seconds(task: ExplainTask) -> float:
    """Return what a row is expected to cost a core, with the pools of its stability."""
    pools = len(task.pools) / task.every if isinstance(task, StabilityTask) else 0
    return ENGINES[task.settings.engine].row_seconds + pools * ENGINES["sampled"].row_seconds


def _deliver(landed: Iterable["Future[Wave]"], on_wave: Callable[[Wave], None]) -> None:
    """Hand over the finished waves; a failed wave costs no other wave."""
    failed = [future for future in landed if future.exception() is not None]
    for future in landed:
        if future not in failed:
            on_wave(future.result())
    for future in failed:
        _result(future)


def _result(future: "Future[Wave]") -> Wave:
    try:
        return future.result()
    except CancelledError:
        raise
    except Exception as error:
        raise SparkError(f"A Spark job failed: {one_sentence(error)}") from error


def _quietly(action: Callable[[], object]) -> None:
    """Clean up, and ignore errors: a lost connection makes it impossible, and needless."""
    try:
        action()
    except Exception:  # noqa: BLE001
        return
