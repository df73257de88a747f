"""Who takes part in the race: lime as people call it, the recipe's UDF, and the engines ``sampled`` and ``exact``.

Each warms up first, so that what is timed afterwards is explaining and not the start of Python processes.

`scale` lets an engine explain the same rows over one core, two, four and so on. The session keeps all its cores,
and Spark never gets more tasks at once than a step may use: a session for each step would measure Spark's start.
"""

import dataclasses
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from pyspark.sql import SparkSession

from sparklime_core.errors import CancelledError
from sparklime_core.explain.explain_rows import prepare_task
from sparklime_core.explain.explainer_facts import seeded
from sparklime_core.explain.reference_engine import explain_plainly
from sparklime_core.explain.runtime import one_blas_thread
from sparklime_core.explain.settings import EngineName, ExplainSettings
from sparklime_core.explain.task import ExplainTask, block_rows
from sparklime_core.explain.types import Explainer, FloatArray, PredictFn
from sparklime_core.jobs.race_state import ScalingStep
from sparklime_core.spark.recipe import recipe_udf, run_recipe
from sparklime_core.spark.session.choose_backend import backend_of
from sparklime_core.spark.waves.scheduler import run_waves
from sparklime_core.spark.waves.wave_kinds import Wave

RECIPE_TASK_ROWS = 8
"""The most rows of a task of the recipe: its progress is seen task by task."""

Weights = Mapping[str, float]
"""An explanation: weights by lime's texts."""

OnRows = Callable[[int], None]
OnSteps = Callable[[tuple[ScalingStep, ...]], None]


@dataclass(frozen=True)
class Track:
    """What all contestants share."""

    explainer: Explainer
    estimator: Any
    predict_fn: PredictFn
    settings: ExplainSettings
    cancel: threading.Event


class Contestant(Protocol):
    """One who takes part."""

    def warm_up(self, rows: FloatArray) -> None:
        """Start its processes, and explain a few of these rows."""

    def explain(self, rows: FloatArray, on_rows: OnRows) -> list[Weights]:
        """Explain rows (n, d), saying how many are done; return each one's weights, empty where it has none."""


class PlainLime:
    """lime in this process, on one core, under the seed contract: what the others are compared with."""

    def __init__(self, track: Track) -> None:
        self._track = track

    def warm_up(self, rows: FloatArray) -> None:
        """Explain the first row."""
        self.explain(rows[:1], lambda _done: None)

    def explain(self, rows: FloatArray, on_rows: OnRows) -> list[Weights]:
        """Explain row by row; see `Contestant`."""
        track = self._track
        found: list[Weights] = []
        with one_blas_thread():
            for done, row in enumerate(rows, 1):
                if track.cancel.is_set():
                    raise CancelledError("The race was cancelled.")
                explainer = seeded(track.explainer, track.settings.seed)
                reasons = explain_plainly(
                    explainer, track.predict_fn, row, track.settings.num_features, track.settings.num_samples
                )
                found.append(dict(reasons))
                on_rows(done)
        return found


class Recipe:
    """The recipe's UDF on the executors."""

    def __init__(self, track: Track, spark: SparkSession) -> None:
        self._track, self._spark = track, spark
        self._udf = recipe_udf(spark, track.explainer, track.estimator, track.settings)

    def warm_up(self, rows: FloatArray) -> None:
        """Explain a row on every core."""
        cores = min(cores_of(self._spark), len(rows))
        self._run(rows[:cores], cores, lambda _done: None)

    def explain(self, rows: FloatArray, on_rows: OnRows) -> list[Weights]:
        """Explain in one job; see `Contestant`."""
        return self._run(rows, recipe_tasks(len(rows), cores_of(self._spark)), on_rows)

    def _run(self, rows: FloatArray, tasks: int, on_rows: OnRows) -> list[Weights]:
        cancel = self._track.cancel
        reasons = run_recipe(self._spark, self._udf, rows, tasks=tasks, on_rows=on_rows, cancel=cancel)
        return [dict(row) for row in reasons]


class EngineInWaves:
    """An engine on the executors, as every run uses it."""

    def __init__(self, track: Track, spark: SparkSession, engine: EngineName) -> None:
        self._track, self._spark = track, spark
        self.task: ExplainTask = prepare_task(
            track.explainer, track.predict_fn, dataclasses.replace(track.settings, engine=engine)
        )

    def warm_up(self, rows: FloatArray) -> None:
        """Explain a block on every core, so that each has loaded what was broadcast."""
        block = block_rows(self.task.settings, len(rows))
        self.explain(rows[: block * cores_of(self._spark)], lambda _done: None)

    def explain(self, rows: FloatArray, on_rows: OnRows) -> list[Weights]:
        """Explain in waves; see `Contestant`."""
        found: list[Weights] = [{}] * len(rows)

        def keep(wave: Wave) -> None:
            for row_id, weights in _weights_of(self.task.vocabulary.decode(wave.explanations)):
                found[row_id] = weights

        self.run(rows, keep, on_rows)
        return found

    def run(
        self,
        rows: FloatArray,
        on_wave: Callable[[Wave], None],
        on_rows: OnRows,
        tasks_at_once: int | None = None,
    ) -> None:
        """Explain rows, handing on each wave as it is."""
        done = 0

        def keep(wave: Wave) -> None:
            nonlocal done
            on_wave(wave)
            done += sum(wave.tasks["rows"].to_pylist())
            on_rows(done)

        run_waves(
            self._spark,
            self.task,
            rows,
            np.arange(len(rows)),
            tasks_at_once=tasks_at_once,
            on_wave=keep,
            cancel=self._track.cancel,
        )


def recipe_tasks(rows: int, cores: int) -> int:
    """Return how many tasks of equal size: two a core or more, of `RECIPE_TASK_ROWS` rows at the most."""
    sizes = [size for size in range(RECIPE_TASK_ROWS, 0, -1) if rows % size == 0]
    return next((rows // size for size in sizes if rows // size >= 2 * cores), rows)


def cores_of(spark: SparkSession) -> int:
    """Return how many tasks a session runs at once."""
    return backend_of(spark).parallelism()


def _weights_of(explained: pa.Table) -> list[tuple[int, Weights]]:
    lines = explained.select(["row_id", "explanation"]).to_pylist()
    return [
        (line["row_id"], {part["feature_explanation"]: part["weight"] for part in line["explanation"] or ()})
        for line in lines
    ]


def levels(cores: int) -> tuple[int, ...]:
    """Return the numbers of cores to try: the powers of two, and all."""
    powers = [2**power for power in range(cores.bit_length())]
    return tuple(sorted({*(power for power in powers if power <= cores), cores}))


def scale(engine: EngineInWaves, rows: FloatArray, cores: int, on_steps: OnSteps) -> tuple[ScalingStep, ...]:
    """Explain rows (n, d) again and again, by more and more tasks at once; report after every wave."""
    engine.warm_up(rows)
    blocks = -(-len(rows) // block_rows(engine.task.settings, len(rows)))
    steps: tuple[ScalingStep, ...] = ()
    first: pa.Table | None = None
    for level in levels(min(cores, blocks)):
        step, explained = _run_step(engine, rows, level, steps, on_steps)
        first = explained if first is None else first
        same = None if not steps else explained.equals(first)
        steps = (*steps, dataclasses.replace(step, same=same))
        on_steps(steps)
    return steps


def _run_step(
    engine: EngineInWaves, rows: FloatArray, cores: int, ended: tuple[ScalingStep, ...], on_steps: OnSteps
) -> tuple[ScalingStep, pa.Table]:
    step = ScalingStep(cores, len(rows))
    on_steps((*ended, step))
    waves: list[Wave] = []
    began = time.perf_counter()

    def note(done: int) -> None:
        nonlocal step
        executors = {name for wave in waves for name in wave.tasks["executor"].to_pylist()}
        at_once = max(most_at_once(wave.tasks) for wave in waves)
        step = ScalingStep(cores, len(rows), done, time.perf_counter() - began, len(executors), at_once)
        on_steps((*ended, step))

    engine.run(rows, waves.append, note, cores)
    return step, pa.concat_tables([wave.explanations for wave in waves]).sort_by("row_id").combine_chunks()


def most_at_once(tasks: pa.Table) -> int:
    """Return how many tasks of a wave (`TASK_SCHEMA`) ran at the same time, at the most."""
    starts = np.array([started.timestamp() for started in tasks["started"].to_pylist()])
    ends = starts + tasks["seconds"].to_numpy()
    running = (starts[:, None] >= starts) & (starts[:, None] < ends)
    return int(running.sum(axis=1).max(initial=0))
