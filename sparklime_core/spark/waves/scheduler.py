"""`run_waves` and `write_waves`: explain the rows of one run on Spark, wave by wave.

A *block* of rows is the unit of work, a *wave* is one Spark job over some blocks. Waves give live results,
cancellation, bounded memory and resuming, all from one mechanism; two in flight hide the stragglers of one. The
results come back to the driver, or the executors write them to a folder that all of them reach.
"""

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Generic, Protocol, TypeVar

from pyspark.sql import SparkSession

from sparklime_core.errors import CancelledError, SparkError
from sparklime_core.explain.schema import compact_schema
from sparklime_core.explain.task import ExplainTask, block_rows
from sparklime_core.explain.types import FloatArray, IntArray
from sparklime_core.spark.executors.preflight import require_able_executors
from sparklime_core.spark.executors.prewarm import ship_package
from sparklime_core.spark.executors.probe import ExecutorWatchdog
from sparklime_core.spark.session.backend import Backend
from sparklime_core.spark.session.choose_backend import backend_of
from sparklime_core.spark.session.failures import one_sentence
from sparklime_core.spark.waves.pace import Pace
from sparklime_core.spark.waves.payload import Payload, publish
from sparklime_core.spark.waves.wave_kinds import CollectedWaves, Wave, WrittenWave, WrittenWaves
from sparklime_core.spark.waves.worker import Parts
from sparklime_core.waiting import unless_cancelled

IN_FLIGHT, MOST_IN_FLIGHT = 2, 8
"""How many waves are in flight; and at most, where a wave has fewer tasks than there are cores."""

RENEW_SECONDS = 5.0
"""How long a run over Spark Connect waits to learn how many cores there are; others may hold them all."""

POLL_SECONDS = 0.1
STOP_SECONDS = 1.0
"""How long a stopped run waits for Spark's jobs to end, which they do when the last Python worker has been killed:
Spark looks after a cancelled one every two seconds. What is left of them ends without anybody waiting."""

WaveT = TypeVar("WaveT")
WaveT_co = TypeVar("WaveT_co", covariant=True)


class WaveKind(Protocol[WaveT_co]):
    """A kind of waves: `CollectedWaves` or `WrittenWaves`."""

    def most_blocks(self, cores: int) -> int:
        """Return how many blocks a wave may have."""

    def explain(self, number: int, blocks: tuple[int, ...], tasks: int) -> tuple[WaveT_co, float]:
        """Explain the blocks of a wave; return it, and the mean seconds of a block."""


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
        After `cancel` was set, and the executors were asked to stop.
    SparkError
        When a wave has failed; waves that finished before were handed over.
    """
    size = block_rows(task.settings, len(rows))
    wanted = sorted(range(-(-len(rows) // size)) if blocks is None else blocks)
    schema = compact_schema(profiles=task.settings.profiles)

    def kind_of(payload: Payload) -> CollectedWaves:
        return CollectedWaves(backend_of(spark), payload, schema, rows, row_ids, size)

    _run(spark, task, size, wanted, kind_of, on_wave, on_stage, cancel, first_wave, tasks_at_once)


def write_waves(
    spark: SparkSession,
    task: ExplainTask,
    parts: Parts,
    *,
    blocks: Sequence[int],
    first_wave: int = 0,
    on_wave: Callable[[WrittenWave], None],
    on_stage: Callable[[str], None] = lambda _stage: None,
    cancel: threading.Event,
) -> None:
    """Explain rows on the executors of a session, which write the results themselves.

    The driver sends numbers of blocks, and gets counts back: what it does does not grow with the rows.

    Parameters
    ----------
    parts
        Where the executors read the rows, and write the results.
    blocks
        Which blocks, of ``parts.block_rows`` rows each, to explain.
    spark, task, first_wave, on_wave, on_stage, cancel
        As those of `run_waves`.

    Raises
    ------
    CancelledError
        After `cancel` was set, and the executors were asked to stop.
    SparkError
        When a wave has failed, as where an executor does not reach the folder.
    """

    def kind_of(payload: Payload) -> WrittenWaves:
        return WrittenWaves(backend_of(spark), payload, parts)

    _run(spark, task, parts.block_rows, sorted(blocks), kind_of, on_wave, on_stage, cancel, first_wave)


def _run(
    spark: SparkSession,
    task: ExplainTask,
    size: int,
    blocks: Sequence[int],
    kind_of: Callable[[Payload], WaveKind[WaveT]],
    on_wave: Callable[[WaveT], None],
    on_stage: Callable[[str], None],
    cancel: threading.Event,
    first_wave: int,
    tasks_at_once: int | None = None,
) -> None:
    """Bring a task to the executors, and explain blocks in waves of one kind."""
    if not blocks:
        return
    on_stage("broadcasting")
    backend = backend_of(spark)
    ship_package(backend)
    unless_cancelled(lambda: _quietly(lambda: backend.renew(RENEW_SECONDS)), cancel)
    payload = unless_cancelled(lambda: publish(spark, task), cancel, lambda late: _quietly(late.discard))
    try:
        unless_cancelled(lambda: require_able_executors(spark, payload.size, payload.packages), cancel)
        on_stage("explaining")
        pace = Pace(size * task.row_seconds)
        _WaveScheduler(backend, kind_of(payload), pace, tasks_at_once).run(blocks, first_wave, on_wave, cancel)
    finally:
        _quietly(payload.discard)


class _WaveScheduler(Generic[WaveT]):
    """The waves of one call of `run_waves` or `write_waves`."""

    def __init__(self, backend: Backend, kind: WaveKind[WaveT], pace: Pace, tasks_at_once: int | None) -> None:
        self._backend = backend
        self._kind = kind
        self._tag = f"sparklime-{uuid.uuid4().hex}"
        self._pace = pace
        self._tasks_at_once = tasks_at_once
        self._stopped = threading.Event()

    def run(
        self,
        blocks: Sequence[int],
        number: int,
        on_wave: Callable[[WaveT], None],
        cancel: threading.Event,
    ) -> None:
        left = list(blocks)
        watch = ExecutorWatchdog(self._backend)
        pool = ThreadPoolExecutor(MOST_IN_FLIGHT, "sparklime-wave", self._backend.enter_thread, (self._tag,))
        running: dict[Future[WaveT], int] = {}
        ended: set[Future[WaveT]] = set()
        try:
            while left or running or ended:
                # The next wave starts first: the executors work on while the last one is written.
                if left and self._may_start(running):
                    cores = self._cores()
                    wave = left[: self._pace.blocks(cores, self._kind.most_blocks(cores))]
                    tasks = self._pace.tasks(len(wave), cores)
                    running[pool.submit(self._run_wave, number, tuple(wave), tasks)] = tasks
                    del left[: len(wave)]
                    number += 1
                _deliver(ended, on_wave)
                ended, _ = wait(running, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
                running = {future: tasks for future, tasks in running.items() if future not in ended}
                if cancel.is_set():
                    _deliver(ended, on_wave)
                    raise CancelledError("The run was cancelled.")
                watch.check()
        except BaseException:
            self._stop(running)
            raise
        finally:
            pool.shutdown(wait=False)

    def _may_start(self, running: "Mapping[Future[WaveT], int]") -> bool:
        """Tell whether it is time for one more wave.

        There are as many waves as give each core a task, and a further one that hides the stragglers. The next
        one starts when Spark has a job of this run: Spark runs jobs in the order in which they come, and a small
        first one must not come after a large one.
        """
        if self._tasks_at_once is not None:
            return not running
        is_time = len(running) < IN_FLIGHT or sum(running.values()) < IN_FLIGHT * self._cores()
        return is_time and len(running) < MOST_IN_FLIGHT and (not running or self._backend.has_begun(self._tag))

    def _cores(self) -> int:
        cores = self._backend.parallelism()
        return cores if self._tasks_at_once is None else min(cores, self._tasks_at_once)

    def _run_wave(self, number: int, blocks: tuple[int, ...], tasks: int) -> WaveT:
        if self._stopped.is_set():
            raise CancelledError("The run was cancelled.")
        wave, block_seconds = self._kind.explain(number, blocks, tasks)
        self._pace.learn(block_seconds)
        return wave

    def _stop(self, running: Iterable["Future[WaveT]"]) -> None:
        """Cancel what runs, again and again: a wave may be just about to start its job."""
        self._stopped.set()
        left = self._cancel(set(running), STOP_SECONDS)
        if left:
            threading.Thread(target=self._cancel, args=(left, float("inf")), daemon=True).start()

    def _cancel(self, left: "set[Future[WaveT]]", seconds: float) -> "set[Future[WaveT]]":
        end = time.monotonic() + seconds
        while left and time.monotonic() < end:
            _quietly(lambda: self._backend.cancel(self._tag))
            _, left = wait(left, timeout=2 * POLL_SECONDS)
        return left


def _deliver(ended: Iterable["Future[WaveT]"], on_wave: Callable[[WaveT], None]) -> None:
    """Hand over the finished waves; a failed wave costs no other wave."""
    failed = [future for future in ended if future.exception() is not None]
    for future in ended:
        if future not in failed:
            on_wave(future.result())
    for future in failed:
        _result(future)


def _result(future: "Future[WaveT]") -> WaveT:
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
