"""Lanes of a race in several states."""

from sparklime_core.jobs.race_state import Agreement, Lane, LaneState

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
