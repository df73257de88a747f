"""The race's reckoning: agreement, shares, and what its charts are drawn from."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from sparklime_core.charts.race import lanes_chart, scaling_chart, times_chart
from sparklime_core.dashboard.race.frames import (
    CONTESTANTS,
    lanes_frame,
    points_frame,
    steps_frame,
    times_frame,
)
from sparklime_core.dashboard.race.page import stage_text
from sparklime_core.data.samples import load_sample
from sparklime_core.errors import SettingsError
from sparklime_core.explain.schema import TASK_SCHEMA
from sparklime_core.jobs.race import RacePlan, RaceState
from sparklime_core.jobs.race_engines import recipe_tasks
from sparklime_core.jobs.race_scaling import levels, most_at_once
from sparklime_core.jobs.race_state import Agreement, Lane, LaneState, ScalingStep, agreement

NAMES = list(CONTESTANTS.values())
LIME = Lane("lime", "here", LaneState.FINISHED, None, 4, 4, 0.5, 8.0, ((0.0, 0), (4.0, 2), (8.0, 4)))
FAST = Lane(
    "sampled",
    "there",
    LaneState.FINISHED,
    rows=4,
    done=4,
    start_up=2.0,
    seconds=0.5,
    points=((0.0, 0), (0.5, 4)),
    agreement=Agreement(1e-9, 1e-10, 0.1, 4),
    more=(1000, 2.0),
)
MOVING = Lane("exact", "there", LaneState.RUNNING, rows=4, done=1, seconds=0.7, points=((0.0, 0), (0.2, 1)))


def test_agreement_is_over_the_features_that_lime_chose() -> None:
    found = agreement([{"a": 1.0, "b": -0.5}, {"a": 0.25}], [{"a": 0.75, "c": 9.0}, {"a": 0.25}])

    assert found == Agreement(largest=0.5, mean=0.25, weight=pytest.approx(1.75 / 3), rows=2)


def test_rows_that_one_of_both_lacks_are_left_out() -> None:
    found = agreement([{"a": 1.0}, {}, {"a": 1.0}], [{"a": 1.0}, {"a": 5.0}, {}])

    assert found is not None
    assert (found.rows, found.largest) == (1, 0.0)
    assert agreement([{}], [{"a": 1.0}]) is None


@pytest.mark.parametrize(("rows", "cores", "tasks"), [(64, 2, 8), (16, 2, 4), (8, 2, 4), (7, 2, 7), (6, 8, 6)])
def test_tasks_of_the_recipe_have_equal_sizes(rows: int, cores: int, tasks: int) -> None:
    assert recipe_tasks(rows, cores) == tasks
    assert rows % tasks == 0


@pytest.mark.parametrize(("cores", "tried"), [(1, (1,)), (2, (1, 2)), (6, (1, 2, 4, 6)), (8, (1, 2, 4, 8))])
def test_cores_are_tried_in_powers_of_two_and_all(cores: int, tried: tuple[int, ...]) -> None:
    assert levels(cores) == tried


def test_tasks_that_overlap_are_counted() -> None:
    begin = datetime(2024, 1, 1, tzinfo=UTC)
    spans = [(0.0, 1.0), (0.5, 1.0), (0.9, 0.05), (2.0, 1.0)]
    tasks = pa.Table.from_pylist(
        [{"started": begin + timedelta(seconds=start), "seconds": seconds} for start, seconds in spans],
        schema=TASK_SCHEMA,
    )

    assert most_at_once(tasks) == 3


def test_speed_is_compared_where_both_are_measured() -> None:
    lines = lanes_frame(RaceState((LIME, FAST, MOVING))).set_index("contestant")

    assert lines.loc["Engine sampled", "times"] == pytest.approx(16.0)
    assert lines["times"].isna()["Engine exact"]
    assert lines.loc["Engine sampled", "largest"] == 1e-9
    assert "same draws" in lines.loc["Engine sampled", "reason"]
    assert lines.loc["Engine exact", "done"] == "1 of 4"


def test_the_stage_says_whose_turn_it_is() -> None:
    assert stage_text(RaceState((LIME, MOVING), "racing")) == "Engine exact: 1 of 4 rows explained"
    starting = dataclasses.replace(MOVING, state=LaneState.STARTING)
    assert stage_text(RaceState((LIME, starting), "racing")) == "Engine exact: starting up"
    assert stage_text(RaceState((LIME,), "connecting")) == "Connecting to Spark"


def test_a_lane_that_moves_reaches_to_this_moment() -> None:
    points = points_frame([LIME, MOVING])

    assert list(points[points["contestant"] == "Engine exact"]["seconds"]) == [0.0, 0.2, 0.7]
    assert list(points["rows"]) == [0, 2, 4, 0, 1, 1]


def test_speed_up_is_against_one_core() -> None:
    steps = (
        ScalingStep(1, 8, 8, 4.0, 1, 1),
        ScalingStep(2, 8, 8, 2.5, 1, 2, same=True),
        ScalingStep(4, 8, 3, 1.0),
    )

    frame = steps_frame(steps)

    assert list(frame["speedup"])[:2] == [1.0, 1.6]
    assert list(frame["efficiency"])[:2] == [1.0, 0.8]
    assert frame["speedup"].isna()[2]
    assert list(frame["same"]) == ["", "yes", ""]
    assert steps_frame(steps[2:])["speedup"].isna().all()


def test_the_charts_are_drawn_from_what_there_is() -> None:
    lanes = (LIME, FAST, MOVING)
    steps = steps_frame((ScalingStep(1, 8, 8, 4.0),))
    for chart in (
        lanes_chart(points_frame(lanes), 4, NAMES),
        lanes_chart(points_frame(()), 0, NAMES),
        times_chart(times_frame(lanes), NAMES),
        scaling_chart(steps),
    ):
        assert chart.to_dict()["height"] > 0


def test_lime_needs_time() -> None:
    with pytest.raises(SettingsError, match="seconds"):
        RacePlan("wine", load_sample("wine"), None, lime_seconds=0)
