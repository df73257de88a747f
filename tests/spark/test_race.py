"""A real race on embedded Spark: who takes part, what is measured, and what a cancelled or refused one leaves."""

import dataclasses
import threading
from collections.abc import Callable

import numpy as np
import pytest
import xgboost

from sparklime_core import adopt_model, build_explainer
from sparklime_core.data.table_source import load_sample
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.jobs.race import FEWEST_ROWS, Race, RacePlan, RaceState
from sparklime_core.jobs.race_engines import EngineInWaves, Track, scale
from sparklime_core.jobs.race_state import LaneState
from sparklime_core.jobs.spark_connection import SparkService
from sparklime_core.models.train import train_forest
from tests.spark.conftest import EMBEDDED
from tests.spark.gate import GuardedModel

pytestmark = pytest.mark.spark
QUICK = ExplainSettings(num_features=7, num_samples=400, seed=3)
"""Lime's own choice of up to six features, forward selection, takes a hundred times as long as of seven."""


class WatchedRace(Race):
    """A race that shows whoever looks each state that it comes to, before it goes on."""

    def __init__(self, plan: RacePlan, look: Callable[[RaceState], object] = lambda _state: None) -> None:
        super().__init__(plan)
        self.seen: list[RaceState] = []
        self._look = look

    def _set(self, name: str, **changes: object) -> None:
        super()._set(name, **changes)
        self._show()

    def change(self, **changes: object) -> None:
        super().change(**changes)
        self._show()

    def _show(self) -> None:
        self.seen.append(self.state())
        self._look(self.seen[-1])


@pytest.fixture(scope="module")
def service():
    return SparkService(EMBEDDED)


@pytest.fixture(scope="module")
def dataset():
    return load_sample("wine")


@pytest.fixture(scope="module")
def forest(dataset):
    return train_forest(dataset, n_estimators=15, max_depth=5).estimator


@pytest.fixture(scope="module")
def ended(service, dataset, forest) -> tuple[RaceState, list[RaceState]]:
    """Return how a race ended, and what it showed on the way."""
    race = WatchedRace(RacePlan("wine", dataset, forest, QUICK, lime_seconds=0.1))
    race.run(service)
    return race.state(), race.seen


def test_all_explain_the_same_rows(ended):
    state, _ = ended

    assert state.stage == "ended"
    assert state.error is None
    assert not state.cancelled
    assert [lane.name for lane in state.lanes] == ["lime", "recipe", "sampled", "exact"]
    assert {lane.state for lane in state.lanes} == {LaneState.FINISHED}
    assert state.rows >= 16
    assert state.rows % 8 == 0
    assert {(lane.rows, lane.done) for lane in state.lanes} == {(state.rows, state.rows)}
    assert (state.master, state.cores) == ("local[2]", 2)


def test_sampled_agrees_with_lime_and_the_others_differ_by_sampling(ended):
    state, _ = ended
    agreed = {lane.name: lane.agreement for lane in state.lanes}

    assert agreed["sampled"].rows == agreed["exact"].rows == agreed["recipe"].rows == state.rows
    assert agreed["sampled"].largest < 1e-6
    for name in ("recipe", "exact"):
        assert 1e-6 < agreed[name].mean < agreed[name].weight


def test_start_up_is_apart_and_time_is_measured(ended):
    state, _ = ended

    for lane in state.lanes:
        assert lane.start_up > 0
        assert lane.seconds > 0
        assert lane.points[0] == (0.0, 0)
        assert lane.points[-1][1] == state.rows
        assert list(lane.points) == sorted(lane.points)
        assert lane.points[-1][0] <= lane.seconds
    assert len(state.lane("lime").points) == state.rows + 1
    assert [lane.more and lane.more[0] for lane in state.lanes] == [None, None, 178, 178]


def test_lanes_move_while_it_runs(ended):
    _, seen = ended

    assert {"preparing", "racing", "scaling"} <= {state.stage for state in seen}
    lime = [state.lane("lime").done for state in seen if state.lane("lime").state is LaneState.RUNNING]
    assert set(lime) == set(range(seen[-1].rows + 1))
    assert lime == sorted(lime)
    for state in seen:
        moving = [lane for lane in state.lanes if lane.state in (LaneState.RUNNING, LaneState.STARTING)]
        assert len(moving) <= 1


def test_more_cores_give_the_same_result(ended):
    state, _ = ended

    assert [(step.cores, step.done) for step in state.steps] == [(1, state.rows), (2, state.rows)]
    assert [step.same for step in state.steps] == [None, True]


def test_a_step_of_two_cores_runs_two_tasks_at_once_and_a_step_of_one_never_does(service, dataset, forest, gate):
    rows = dataset.features[:16]  # two blocks
    held = gate.guard(gate.guard(forest.predict_proba, rows[0]), rows[8])
    track = Track(build_explainer(dataset), forest, held, QUICK, threading.Event())
    gate.open()

    def close_for_two(steps):
        if steps[-1].cores == 2 and not steps[-1].done:
            gate.close()

    spark = service.acquire()
    try:
        engine = EngineInWaves(track, spark, "reference")
        # Neither block ends before both have begun.
        with gate.hold(lambda: scale(engine, rows, 2, close_for_two), lambda: len(gate.waiting()) == 2) as scaled:
            pass
        one, two = scaled.result()
    finally:
        service.release()

    assert (one.at_once, two.at_once) == (1, 2)
    assert two.same


def test_a_race_of_a_run_of_margins_is_about_probabilities_and_told_so_in_the_lane_that_refuses(service, dataset):
    own = xgboost.XGBClassifier(n_estimators=3, max_depth=2, n_jobs=1).fit(dataset.features, dataset.target)
    margins = dataclasses.replace(QUICK, output="margin")
    model = adopt_model(own, dataset).estimator
    race = Race(RacePlan("wine", dataset, model, margins, lime_seconds=0.1, scaling=False))

    race.run(service)

    state = race.state()
    assert state.error is None
    assert state.steps == ()
    assert state.lane("exact").state is LaneState.REFUSED
    assert "cannot explain the probability of the XGBoost model" in state.lane("exact").message
    assert state.lane("sampled").state is state.lane("recipe").state is LaneState.FINISHED


@pytest.mark.parametrize("name", ["lime", "recipe"])
def test_cancelling_stops_the_lane_that_moves_and_keeps_what_was_measured(service, dataset, forest, gate, name):
    # The recipe cannot end: one of its rows waits at a gate that stays closed.
    order = np.random.default_rng(QUICK.seed).permutation(dataset.rows)
    held = GuardedModel(gate.guard(forest.predict_proba, dataset.features[order[FEWEST_ROWS - 1]]))
    plan = RacePlan("wine", dataset, held, QUICK, lime_seconds=0.1)

    def cancel_once_it_moves(state: RaceState) -> None:
        if state.lane(name).done:
            race.cancel()

    race = WatchedRace(plan, cancel_once_it_moves)
    race.run(service)

    state = race.state()
    assert state.cancelled
    assert state.error is None
    assert 0 < state.lane(name).done < state.rows
    assert state.lane(name).state is state.lane("exact").state is LaneState.CANCELLED
    assert not service.status().busy


def test_a_race_that_waits_ends_at_once_when_it_is_cancelled(dataset, forest):
    race = Race(RacePlan("wine", dataset, forest))

    race.cancel()

    assert race.state().stage == "ended"
    assert race.state().cancelled


def test_a_table_without_a_row_to_explain_ends_in_a_sentence(service, dataset, forest):
    gaps = np.full_like(dataset.features, np.nan)
    broken = dataclasses.replace(dataset, features=gaps)
    race = Race(RacePlan("gaps", broken, forest, learnt_from=dataset))

    race.run(service)

    assert "No row of 'gaps' can be explained" in race.state().error
