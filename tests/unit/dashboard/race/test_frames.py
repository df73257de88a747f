"""The lanes of a race as its charts take them."""

import pytest

from sparklime_core.charts.studies import lanes_chart, scaling_chart, times_chart
from sparklime_core.dashboard.race.frames import (
    CONTESTANTS,
    lanes_frame,
    points_frame,
    steps_frame,
    times_frame,
)
from sparklime_core.jobs.race import RaceState
from sparklime_core.jobs.race_state import ScalingStep
from tests.unit.dashboard.race.lanes import FAST, LIME, MOVING

NAMES = list(CONTESTANTS.values())


def test_speed_is_compared_where_both_are_measured() -> None:
    lines = lanes_frame(RaceState((LIME, FAST, MOVING))).set_index("contestant")

    assert lines.loc["Engine sampled", "times"] == pytest.approx(16.0)
    assert lines["times"].isna()["Engine exact"]
    assert lines.loc["Engine sampled", "largest"] == 1e-9
    assert "same draws" in lines.loc["Engine sampled", "reason"]
    assert lines.loc["Engine exact", "done"] == "1 of 4"


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
