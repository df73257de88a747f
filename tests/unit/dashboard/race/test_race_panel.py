"""The stage of a race in words."""

import dataclasses

from sparklime_core.dashboard.race.race_panel import stage_text
from sparklime_core.jobs.race import RaceState
from sparklime_core.jobs.race_state import LaneState
from tests.unit.dashboard.race.lanes import LIME, MOVING


def test_the_stage_says_whose_turn_it_is() -> None:
    assert stage_text(RaceState((LIME, MOVING), "racing")) == "Engine exact: 1 of 4 rows explained"
    starting = dataclasses.replace(MOVING, state=LaneState.STARTING)
    assert stage_text(RaceState((LIME, starting), "racing")) == "Engine exact: starting up"
    assert stage_text(RaceState((LIME,), "connecting")) == "Connecting to Spark"
