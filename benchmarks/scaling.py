"""A simple model of the job on Spark, fitted on what was measured, to tell where it stops to scale.

A run of N rows on P cores takes ``start + payload(P) + max(executors, driver's Python, driver's JVM)``.

executors
    Wave by wave, as `Pace` would cut them: the largest share of a core, ``blocks * block_seconds``, longer by what
    the slowest of P tasks takes beyond the mean (for normally spread block times, about
    ``spread * sqrt(2 ln P / blocks)`` of it), and between two waves what was measured to be lost on one worker.
driver's Python
    What one process does for every row (packing it, taking its result apart, putting lime's texts in place) and
    for every wave.
driver's JVM
    What it does for every wave (planning a job) and for every task (starting it).
payload
    Spark hands a broadcast on from executor to executor, so it is doubled about log2(executors) times.

The three of the maximum run beside each other; on a real cluster they have processors of their own.
"""

import math
from dataclasses import dataclass

import numpy as np

from benchmarks.scaleruns import Run, Start
from sparklime_core.explain.engines import ENGINES
from sparklime_core.explain.task import BLOCK_ROWS, SLOW_BLOCK_ROWS
from sparklime_core.spark.waves.scheduler import Pace

EXECUTOR_CORES = 8
NETWORK_BYTES = 125e6
"""A second: one gigabit."""

FEATURES = 14
MOST_CORES = 2**14


@dataclass(frozen=True)
class Driver:
    """Seconds of the driver's processor: its Python's for a row and a wave, its JVM's for a wave and a task."""

    row: float
    wave: float
    java_wave: float
    java_task: float

    @classmethod
    def fit(cls, runs: list[Run], task_seconds: float) -> "Driver":
        """Take the figures from runs of many quick rows and of few slow ones."""
        counts = np.array([[run.rows, run.waves] for run in runs], dtype=float)
        row, wave = np.linalg.lstsq(counts, [run.driver_python for run in runs], rcond=None)[0]
        java = [(run.driver_java - run.tasks * task_seconds) / run.waves for run in runs]
        return cls(max(row, 0.0), max(wave, 0.0), max(float(np.median(java)), 0.0), task_seconds)

    def seconds(self, rows: int, waves: int, tasks: int) -> dict[str, float]:
        """Return what a run takes at least, by what of the driver it is."""
        return {
            "the driver's Python": rows * self.row + waves * self.wave,
            "the driver's JVM": waves * self.java_wave + tasks * self.java_task,
        }


@dataclass(frozen=True)
class Model:
    """The rows of an engine on a cluster.

    Attributes
    ----------
    engine
        Whose rows these are.
    row
        Seconds of a core for a row, in the executor: engine, Python, and Spark's task around it.
    spread
        Coefficient of variation of a block's time.
    wave
        Seconds lost between two waves.
    start
        Seconds until workers that run already are ready to explain.
    payload
        Bytes of the broadcast.
    driver
        What the driver takes.
    """

    engine: str
    row: float
    spread: float
    wave: float
    start: float
    payload: int
    driver: Driver

    @classmethod
    def fit(cls, runs: list[Run], starts: list[Start], driver: Driver) -> "Model":
        """Take the figures from one worker's run: it is the least disturbed by the driver beside it."""
        one = min(runs, key=lambda run: run.workers)
        return cls(
            engine=one.engine,
            row=one.task_busy / one.rows,
            spread=one.spread,
            wave=max(one.wall - one.task_busy / one.workers, 0.0) / one.waves,
            start=min(start.session + start.first for start in starts),
            payload=one.payload,
            driver=driver,
        )

    def parts(self, rows: int, cores: int) -> dict[str, float]:
        """Return the seconds that each of those that work beside each other takes."""
        seconds, waves, tasks = self._executors(rows, cores)
        return {"the executors": seconds, **self.driver.seconds(rows, waves, tasks)}

    def seconds(self, rows: int, cores: int) -> float:
        """Return how long a run takes on executors that are ready."""
        return max(self.parts(rows, cores).values())

    def whole(self, rows: int, cores: int) -> float:
        """Return how long it takes with the start of the application."""
        executors = max(math.ceil(cores / EXECUTOR_CORES), 1)
        return self.start + self.payload / NETWORK_BYTES * math.log2(executors + 1) + self.seconds(rows, cores)

    def speedup(self, rows: int, cores: int) -> float:
        """Return how many times as fast as one core the explaining is."""
        return self.seconds(rows, 1) / self.seconds(rows, cores)

    def _executors(self, rows: int, cores: int) -> tuple[float, int, int]:
        """Return the seconds of all waves, their number, and that of their tasks."""
        size = SLOW_BLOCK_ROWS if ENGINES[self.engine].is_slow else BLOCK_ROWS
        left, seconds, waves, tasks = math.ceil(rows / size), 0.0, 0, 0
        pace = Pace(size * ENGINES[self.engine].row_seconds)
        while left > 0:
            if waves == 2:  # two are in flight before the first tells its speed
                pace.learn(size * self.row)
            blocks = min(pace.blocks(cores, size * (FEATURES + 1) * 8), left)
            share = math.ceil(blocks / cores)
            straggling = self.spread * math.sqrt(2 * math.log(min(blocks, cores)) / share)
            seconds += share * size * self.row * (1 + straggling) + self.wave
            left -= blocks
            waves += 1
            tasks += min(blocks, cores)
        return seconds, waves, tasks
