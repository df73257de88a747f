"""A real race on embedded Spark: who takes part, what is measured, and what a cancelled or refused one leaves."""

import dataclasses
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sparklime_core.data.samples import load_sample
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.jobs.race import Race, RacePlan, RaceState
from sparklime_core.jobs.race_state import LaneState
from sparklime_core.jobs.spark_connection import SparkService
from sparklime_core.models.train_forest import train_forest

pytestmark = pytest.mark.spark
SECONDS = 240
QUICK = ExplainSettings(num_features=6, num_samples=400, seed=3)


@pytest.fixture(scope="module")
def service(home):
    service = SparkService("local[2]")
    yield service
    service.close()


@pytest.fixture(scope="module")
def dataset():
    return load_sample("wine")


@pytest.fixture(scope="module")
def forest(dataset):
    return train_forest(dataset, n_estimators=15, max_depth=5).estimator


@pytest.fixture(scope="module")
def ended(service, dataset, forest) -> tuple[RaceState, list[RaceState]]:
    """Return how a race ended, and what it showed on the way."""
    race = Race(RacePlan("wine", dataset, forest, QUICK, lime_seconds=0.5))
    seen = run(race, service, lambda _state: None)
    return race.state(), seen


def run(race: Race, service: SparkService, look: Callable[[RaceState], object]) -> list[RaceState]:
    thread = threading.Thread(target=race.run, args=(service,), daemon=True)
    thread.start()
    seen, late = [], time.monotonic() + SECONDS
    while thread.is_alive() and time.monotonic() < late:
        seen.append(race.state())
        look(seen[-1])
        time.sleep(0.05)
    thread.join(1)
    assert not thread.is_alive()
    return seen


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
    lime = {state.lane("lime").done for state in seen if state.lane("lime").state is LaneState.RUNNING}
    assert len(lime) > 2
    recipe = {state.lane("recipe").done for state in seen}
    assert any(0 < done < seen[-1].rows for done in recipe)
    for state in seen:
        moving = [lane for lane in state.lanes if lane.state in (LaneState.RUNNING, LaneState.STARTING)]
        assert len(moving) <= 1


def test_more_cores_give_the_same_result(ended):
    state, _ = ended

    assert [(step.cores, step.done) for step in state.steps] == [(1, state.rows), (2, state.rows)]
    assert [step.same for step in state.steps] == [None, True]
    assert [step.at_once for step in state.steps] == [1, 2]


def test_what_an_engine_refuses_is_told_in_its_lane(service, dataset):
    labels = dataset.target
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(dataset.features, labels)
    race = Race(RacePlan("wine", dataset, model, QUICK, lime_seconds=0.1, scaling=False))

    run(race, service, lambda _state: None)

    state = race.state()
    assert state.error is None
    assert state.steps == ()
    assert state.lane("exact").state is LaneState.REFUSED
    assert "exact" in state.lane("exact").message
    assert state.lane("sampled").state is state.lane("recipe").state is LaneState.FINISHED


@pytest.mark.parametrize("name", ["lime", "recipe"])
def test_cancelling_stops_the_lane_that_moves_and_keeps_what_was_measured(service, dataset, forest, name):
    race = Race(RacePlan("wine", dataset, forest, QUICK, lime_seconds=3.0))

    def cancel_once_it_moves(state: RaceState) -> None:
        if state.lane(name).done:
            race.cancel()

    run(race, service, cancel_once_it_moves)

    state = race.state()
    assert state.cancelled
    assert state.error is None
    assert state.lane(name).done > 0
    assert state.lane("exact").state is LaneState.CANCELLED
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

    run(race, service, lambda _state: None)

    assert "No row of 'gaps' can be explained" in race.state().error
