"""The distributed job against the engine itself: how much of two cores Spark leaves to explaining."""

import multiprocessing
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.problems import BREAST_CANCER
from sparklime_core.explain.explain_rows import explain_with, prepare_task
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.explain.task import ExplainTask
from sparklime_core.spark.session.connect import connect
from sparklime_core.spark.waves.scheduler import run_waves

CORES = 2
ALONE_ROWS = 16_384
LAPS = 5


@dataclass(frozen=True)
class Rates:
    """Rows a second of an engine.

    Attributes
    ----------
    engine, rows
        Its name, and how many rows the job explained.
    alone
        In this process, on one core.
    at_once
        In `CORES` processes at once, without Spark: they share the machine's caches and memory.
    spread
        Of the job on `CORES` cores.
    """

    engine: str
    rows: int
    alone: float
    at_once: float
    spread: float

    @property
    def efficiency(self) -> float:
        """Return the job's rate as a share of what the cores could do."""
        return self.spread / (CORES * self.alone)

    @property
    def efficiency_of_processes(self) -> float:
        """Return the rate of the processes as a share of what the cores could do."""
        return self.at_once / (CORES * self.alone)


def distribute(engines: Sequence[str], count: int) -> list[Rates]:
    """Explain rows in two processes at once, and then in turn in this one and with Spark on ``local[2]``."""
    rows = BREAST_CANCER.rows(count)
    tasks, at_once = {}, {}
    for engine in engines:  # all of them before Spark has threads here, which a forked process would lack
        settings = ExplainSettings(engine)
        task = prepare_task(BREAST_CANCER.explainer, BREAST_CANCER.model.predict_proba, settings)
        explain_with(task, rows[:512], np.arange(512))
        tasks[engine], at_once[engine] = task, _at_once(task, rows)
    spark = connect(f"local[{CORES}]")
    found = []
    for engine, task in tasks.items():
        _spread(spark, task, rows)  # the Python workers start, and load what was broadcast
        laps = [(_alone(task, rows), _spread(spark, task, rows)) for _ in range(LAPS)]
        alone, spread = (statistics.median(rates) for rates in zip(*laps, strict=True))
        found.append(Rates(engine, count, alone, at_once[engine], spread))
    return found


def _alone(task: ExplainTask, rows: np.ndarray) -> float:
    some = rows[:ALONE_ROWS]
    start = time.perf_counter()
    explain_with(task, some, np.arange(len(some)))
    return len(some) / (time.perf_counter() - start)


def _at_once(task: ExplainTask, rows: np.ndarray) -> float:
    context = multiprocessing.get_context("fork")
    start, rates = context.Barrier(CORES, timeout=60), context.SimpleQueue()

    def explain() -> None:
        start.wait()
        rates.put(_alone(task, rows))

    processes = [context.Process(target=explain) for _ in range(CORES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        if process.exitcode:
            raise RuntimeError(f"A process that explained rows ended with {process.exitcode}.")
    return sum(rates.get() for _ in processes)


def _spread(spark, task: ExplainTask, rows: np.ndarray) -> float:
    explained = []
    start = time.perf_counter()
    run_waves(
        spark,
        task,
        rows,
        np.arange(len(rows)),
        on_wave=lambda wave: explained.append(wave.explanations.num_rows),
        cancel=threading.Event(),
    )
    seconds = time.perf_counter() - start
    if sum(explained) != len(rows):
        raise RuntimeError(f"The job explained {sum(explained)} of {len(rows)} rows.")
    return len(rows) / seconds
