"""`Race`: lime, the recipe's UDF and the fast engines on the same rows, one after another, each on its own.

They do not run at the same time: on one machine they would take the cores from each other.
"""

import dataclasses
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from pyspark.sql import SparkSession

from sparklime_core.errors import CancelledError, EngineError, SettingsError, SparkLimeError
from sparklime_core.explain.engines import ENGINES
from sparklime_core.explain.explain_rows import prepare_task
from sparklime_core.explain.explainer import build_explainer
from sparklime_core.explain.rows import row_errors
from sparklime_core.explain.types import FloatArray, IntArray, predict_fn_of
from sparklime_core.jobs.race_engines import (
    Contestant,
    EngineInWaves,
    PlainLime,
    Recipe,
    Track,
    Weights,
    cores_of,
    scale,
)
from sparklime_core.jobs.race_state import Lane, LaneState, ScalingStep, agreement
from sparklime_core.jobs.spark_connection import SparkService
from sparklime_core.jobs.study import Study, StudyState, Subject
from sparklime_core.waiting import unless_cancelled

FAST = tuple(name for name, engine in ENGINES.items() if not engine.is_slow)
STEP_ROWS = 8
"""The sample is a multiple of it where the table has so many rows: cores then have equal shares."""

FEWEST_ROWS, MOST_ROWS = 16, 512
MORE_ROWS = 20_000
"""The most rows of the fast engines' second lap."""

CANDIDATES = 4096
"""Rows from which the sample is drawn."""


@dataclass(frozen=True)
class RacePlan(Subject):
    """What is raced on; the engine, the labels and the output are the race's own.

    Attributes
    ----------
    lime_seconds
        How long lime may take; how many rows that makes is measured on its first ones.
    scaling
        Whether lime is also run on one core, on two and so on.

    Raises
    ------
    SettingsError
        When lime is given no time.
    """

    lime_seconds: float = 6.0
    scaling: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.lime_seconds < float("inf"):
            raise SettingsError(f"lime needs some seconds for its part of the race, not {self.lime_seconds}.")


@dataclass(frozen=True)
class RaceState(StudyState):
    """How far a race is.

    Attributes
    ----------
    stage
        ``"waiting"``, ``"preparing"``, ``"racing"``, ``"connecting"``, ``"scaling"`` or ``"ended"``.
    lanes, steps
        The contestants, and the run over more and more cores.
    rows, table_rows
        Rows of the sample and of the table.
    master, cores
        On which the Spark contestants run; None and 0 before they are connected.
    connecting_seconds
        How long connecting took: next to nothing where Spark was connected already.
    """

    lanes: tuple[Lane, ...]
    stage: str = "waiting"
    steps: tuple[ScalingStep, ...] = ()
    rows: int = 0
    table_rows: int = 0
    master: str | None = None
    cores: int = 0
    connecting_seconds: float | None = None

    def lane(self, name: str) -> Lane:
        """Return a contestant's lane."""
        return next(lane for lane in self.lanes if lane.name == name)


class Race(Study[RaceState]):
    """A race; `run` runs it in a thread, and `state` may be asked for in any other."""

    def __init__(self, plan: RacePlan) -> None:
        lanes = (
            Lane("lime", "this server, one core"),
            Lane("recipe", "the executors, row by row"),
            *(Lane(name, "the executors, in waves") for name in FAST),
        )
        super().__init__(RaceState(lanes, table_rows=plan.dataset.rows))
        self.plan = plan
        self._began: dict[str, float] = {}

    def state(self) -> RaceState:
        """Return how far it is at this moment."""
        with self._lock:
            now = time.perf_counter()
            lanes = tuple(
                dataclasses.replace(lane, seconds=now - self._began[lane.name])
                if lane.state is LaneState.RUNNING
                else lane
                for lane in self._state.lanes
            )
            return dataclasses.replace(self._state, lanes=lanes)

    def cancel(self) -> None:
        """Stop it; what is measured stays. One that still waits for its turn has ended at once."""
        super().cancel()
        if self._state.stage == "waiting":
            self.end(cancelled=True)

    def run(self, service: SparkService) -> None:
        """Run it; see `ExclusiveJob`."""
        self.carry_out(lambda: self._run(service))

    def _run(self, service: SparkService) -> None:
        self.check_cancelled()
        self.change(stage="preparing")
        track = self._track()
        sample = _explainable(track, self.plan)
        self.change(stage="racing")
        lime = PlainLime(track)
        rows = self._sample(lime, sample)
        limes = self._race("lime", lime, rows)
        self.check_cancelled()
        self.change(stage="connecting")
        began = time.perf_counter()
        spark = unless_cancelled(service.acquire, self._cancel, lambda _: service.release())
        try:
            self.change(
                stage="racing",
                master=service.status().master,
                cores=cores_of(spark),
                connecting_seconds=time.perf_counter() - began,
            )
            self._race_on(spark, track, rows, limes)
            if self.plan.scaling:
                self.change(stage="scaling")
                scale(EngineInWaves(track, spark, "reference"), rows, cores_of(spark), self._set_steps)
        finally:
            service.release()

    def _track(self) -> Track:
        return Track(
            build_explainer(self.plan.model_table, self.plan.explainer),
            self.plan.estimator,
            predict_fn_of(self.plan.estimator),
            # lime and the recipe explain what people give them: predict_proba, or predict.
            dataclasses.replace(self.plan.explain, labels="predicted", output="probability"),
            self._cancel,
        )

    def _sample(self, lime: PlainLime, sample: FloatArray) -> FloatArray:
        """Warm lime up, and take as many rows as it manages in its time."""
        began = time.perf_counter()
        self._set("lime", state=LaneState.STARTING)
        lime.warm_up(sample)
        one = time.perf_counter()
        lime.warm_up(sample)
        row_seconds = time.perf_counter() - one
        wanted = int(np.clip(self.plan.lime_seconds / row_seconds, FEWEST_ROWS, MOST_ROWS))
        rows = sample[:wanted]
        if len(rows) > STEP_ROWS:
            rows = rows[: len(rows) // STEP_ROWS * STEP_ROWS]
        self._set("lime", start_up=time.perf_counter() - began)
        self.change(rows=len(rows))
        for lane in self._state.lanes:
            self._set(lane.name, rows=len(rows))
        return rows

    def _race_on(self, spark: SparkSession, track: Track, rows: FloatArray, limes: list[Weights]) -> None:
        """Race the contestants that need Spark; what one of them refuses does not stop the others."""
        for name in ("recipe", *FAST):
            self.check_cancelled()
            self._set(name, state=LaneState.STARTING)
            began = time.perf_counter()
            try:
                contestant = Recipe(track, spark) if name == "recipe" else EngineInWaves(track, spark, name)
                contestant.warm_up(rows)
                self._set(name, start_up=time.perf_counter() - began)
                found = self._race(name, contestant, rows)
                self._set(name, agreement=agreement(limes, found))
                if isinstance(contestant, EngineInWaves):
                    self._lap_over_more(name, contestant)
            except CancelledError:
                raise
            except EngineError as error:
                self._set(name, state=LaneState.REFUSED, message=str(error))
            except SparkLimeError as error:
                self._set(name, state=LaneState.FAILED, message=str(error))

    def _race(self, name: str, contestant: Contestant, rows: FloatArray) -> list[Weights]:
        began = time.perf_counter()
        with self._lock:
            self._began[name] = began
        self._set(name, state=LaneState.RUNNING, points=((0.0, 0),))

        def note(done: int) -> None:
            lane = self._state.lane(name)
            if done > lane.done:
                point = (time.perf_counter() - began, done)
                self._set(name, done=done, points=(*lane.points, point))

        found = contestant.explain(rows, note)
        self._set(name, state=LaneState.FINISHED, seconds=time.perf_counter() - began)
        return found

    def _lap_over_more(self, name: str, engine: EngineInWaves) -> None:
        """Explain many rows: on a small sample a fast engine's time is mostly Spark's."""
        rows = self.plan.dataset.features[:MORE_ROWS]
        if len(rows) <= self._state.rows:
            return
        began = time.perf_counter()
        engine.run(rows, lambda _wave: None, lambda _done: None)
        self._set(name, more=(len(rows), time.perf_counter() - began))

    def _set_steps(self, steps: tuple[ScalingStep, ...]) -> None:
        self.change(steps=steps)

    def _set(self, name: str, **changes: Any) -> None:
        with self._lock:
            lanes = tuple(
                dataclasses.replace(lane, **changes) if lane.name == name else lane for lane in self._state.lanes
            )
            self._state = dataclasses.replace(self._state, lanes=lanes)

    def end(self, **changes: Any) -> None:
        """End it, and stop every lane that still moves."""
        stopped = LaneState.CANCELLED if changes.get("cancelled") else LaneState.FAILED
        lanes = tuple(
            lane if lane.state.is_ended() else dataclasses.replace(lane, state=stopped)
            for lane in self.state().lanes
        )
        super().end(stage="ended", lanes=lanes, **changes)


def _explainable(track: Track, plan: RacePlan) -> FloatArray:
    """Return rows of the table that can be explained, in an order that the seed decides."""
    state = np.random.default_rng(plan.explain.seed)
    order: IntArray = state.permutation(plan.dataset.rows)[:CANDIDATES]
    rows: FloatArray = np.ascontiguousarray(plan.dataset.features[order])
    task = prepare_task(track.explainer, track.predict_fn, dataclasses.replace(track.settings, engine="reference"))
    errors = row_errors(track.explainer, task.vocabulary, rows)
    good = rows[[error is None for error in errors]]
    if not len(good):
        raise SettingsError(f"No row of {plan.title!r} can be explained: {errors[0]}")
    return good
