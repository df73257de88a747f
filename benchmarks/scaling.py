"""A simple model of the job on Spark, fitted on what was measured, to tell where it stops to scale.

A run of N rows on P cores takes ``start + payload(P) + max(executors, the driver's parts) + joining``.

executors
    Wave by wave, as `Pace` cuts them into blocks and tasks: the largest share of a core, ``blocks *
    block_seconds``, longer by what the slowest of P tasks takes beyond the mean (for normally spread block times,
    about ``spread * sqrt(2 ln P / blocks)`` of it), and between two waves what was measured to be lost on one
    worker. Waves of fewer tasks than there are cores run beside each other, `MOST_IN_FLIGHT` at most.
driver's Python
    What one process does for every row (packing it, taking its result apart, putting lime's texts in place,
    writing it) and for every wave. Where the executors write, there is nothing to do for a row.
driver's JVM
    What it does for every wave (planning a job) and for every task (starting it).
driver's link
    Rows and results at the network's speed. Where the executors write, they use links of their own to the disk.
joining
    What the driver takes for every row at the end, while the executors wait: their parts become one file.
payload
    Spark hands a broadcast on from executor to executor, so it is doubled about log2(executors) times.

The three of the maximum run beside each other; on a real cluster they have processors of their own.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from benchmarks.scaleruns import Measured, Start
from sparklime_core.explain.engines import ENGINES
from sparklime_core.explain.task import BLOCK_ROWS, SLOW_BLOCK_ROWS
from sparklime_core.runs.manifest import Writers
from sparklime_core.spark.waves.pace import Pace
from sparklime_core.spark.waves.scheduler import MOST_IN_FLIGHT
from sparklime_core.spark.waves.wave_kinds import PART_ROWS, WAVE_BYTES

EXECUTOR_CORES = 8
NETWORK_BYTES = 125e6
"""A second: one gigabit."""

FEATURES = 14
MOST_CORES = 2**14


@dataclass(frozen=True)
class Driver:
    """Seconds of the driver's processor: its Python's and its JVM's, for a row and a wave; its JVM's for a task.

    ``link`` is the seconds for a row on its link, and ``joining`` those for a row at the end.
    """

    row: float = 0.0
    wave: float = 0.0
    java_row: float = 0.0
    java_wave: float = 0.0
    java_task: float = 0.0
    link: float = 0.0
    joining: float = 0.0

    @classmethod
    def fit(cls, runs: list[Measured], task_seconds: float) -> "Driver":
        """Take the figures from runs whose results the driver writes: of many quick rows, and of few slow ones."""
        row, wave = _by_rows_and_waves(runs, [run.driver_python for run in runs])
        java = [run.driver_java - run.tasks * task_seconds for run in runs]
        java_row, java_wave = _by_rows_and_waves(runs, java)
        most = max(runs, key=lambda run: run.rows)
        link, joining = most.carried / NETWORK_BYTES, most.joining / most.rows
        return cls(row, wave, java_row, java_wave, task_seconds, link, joining)

    @classmethod
    def fit_written(cls, runs: list[Measured], task_seconds: float) -> "Driver":
        """Take the figures from runs whose results the executors write: all of it counts as for waves."""
        wave = float(np.median([run.driver_python / run.waves for run in runs]))
        java = [(run.driver_java - run.tasks * task_seconds) / run.waves for run in runs]
        return cls(wave=wave, java_wave=max(float(np.median(java)), 0.0), java_task=task_seconds)

    def seconds(self, rows: int, waves: int, tasks: int) -> dict[str, float]:
        """Return what a run takes at least, by what of the driver it is."""
        return {
            "the driver's Python": rows * self.row + waves * self.wave,
            "the driver's JVM": rows * self.java_row + waves * self.java_wave + tasks * self.java_task,
            "the driver's link": rows * self.link,
        }


def _by_rows_and_waves(runs: list[Measured], seconds: list[float]) -> tuple[float, float]:
    """Return the seconds for a row and for a wave, neither below zero."""
    counts = np.array([[run.rows, run.waves] for run in runs], dtype=float)
    row, wave = nnls(counts, np.maximum(seconds, 0.0))[0]
    return float(row), float(wave)


@dataclass(frozen=True)
class Model:
    """The rows of an engine on a cluster.

    Attributes
    ----------
    engine, writers
        Whose rows these are, and whether the driver or the executors write.
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
    writers: Writers
    row: float
    spread: float
    wave: float
    start: float
    payload: int
    driver: Driver

    @classmethod
    def fit(cls, runs: list[Measured], starts: list[Start], driver: Driver) -> "Model":
        """Take the figures from one worker's run: it is the least disturbed by the driver beside it."""
        one = min(runs, key=lambda run: run.workers)
        return cls(
            engine=one.engine,
            writers=one.writers,
            row=one.task_busy / one.rows,
            spread=one.spread,
            wave=max(one.wall - one.task_busy / one.workers, 0.0) / one.waves,
            start=min((start.session + start.first for start in starts), default=0.0),
            payload=one.payload,
            driver=driver,
        )

    def parts(self, rows: int, cores: int) -> dict[str, float]:
        """Return the seconds that each of those that work beside each other takes."""
        seconds, waves, tasks = self._executors(rows, cores)
        return {"the executors": seconds, **self.driver.seconds(rows, waves, tasks)}

    def seconds(self, rows: int, cores: int) -> float:
        """Return how long a run takes on executors that are ready."""
        return max(self.parts(rows, cores).values()) + rows * self.driver.joining

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
            blocks = min(pace.blocks(cores, self._most_blocks(cores, size)), left)
            cut = pace.tasks(blocks, cores)
            share = math.ceil(blocks / cut)
            straggling = self.spread * math.sqrt(2 * math.log(cut) / share)
            beside = min(MOST_IN_FLIGHT, max(cores // cut, 1)) if left > blocks else 1
            seconds += (share * size * self.row * (1 + straggling) + self.wave) / beside
            left -= blocks
            waves += 1
            tasks += cut
        return seconds, waves, tasks

    def _most_blocks(self, cores: int, size: int) -> int:
        if self.writers == "executors":
            return cores * (PART_ROWS // size)
        return WAVE_BYTES // (size * (FEATURES + 1) * 8)
