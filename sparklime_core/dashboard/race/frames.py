"""A race's state, laid out for its charts and its table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from sparklime_core.explain.engines import ENGINES

if TYPE_CHECKING:
    from sparklime_core.jobs.race import RaceState
    from sparklime_core.jobs.race_state import Lane, ScalingStep

CONTESTANTS = {
    "lime": "lime, one row at a time",
    "recipe": "The recipe's UDF",
    **{name: f"Engine {name}" for name, engine in ENGINES.items() if not engine.is_slow},
}
"""Names for people."""

REASONS = {
    "lime": "The reference for the others",
    "recipe": "Sampling noise: every worker draws from its own random state",
    **{name: engine.difference for name, engine in ENGINES.items()},
}


def points_frame(lanes: Sequence["Lane"]) -> pd.DataFrame:
    """Return ``contestant``, ``seconds`` and ``rows``; a lane that moves reaches to this moment."""
    points = []
    for lane in lanes:
        found = list(lane.points)
        if lane.state.value == "running":
            found.append((lane.seconds, lane.done))
        points += [(CONTESTANTS[lane.name], seconds, rows) for seconds, rows in found]
    return pd.DataFrame(points, columns=["contestant", "seconds", "rows"]).astype({"seconds": float, "rows": int})


def times_frame(lanes: Sequence["Lane"]) -> pd.DataFrame:
    """Return ``contestant``, ``part`` and ``seconds``."""
    parts = [
        (CONTESTANTS[lane.name], part, seconds)
        for lane in lanes
        for part, seconds in (("start-up", lane.start_up or 0.0), ("explaining", lane.seconds))
    ]
    return pd.DataFrame(parts, columns=["contestant", "part", "seconds"])


def lanes_frame(state: "RaceState") -> pd.DataFrame:
    """Return a line for each contestant."""
    lime = state.lane("lime").rows_per_second
    return pd.DataFrame([_line(lane, lime) for lane in state.lanes])


def steps_frame(steps: Sequence["ScalingStep"]) -> pd.DataFrame:
    """Return a line for each number of cores, with its speed-up against one core and its efficiency."""
    frame = pd.DataFrame(
        [
            {
                "cores": step.cores,
                "rows": step.rows,
                "done": step.done,
                "seconds": step.seconds,
                "executors": step.executors,
                "at_once": step.at_once,
                "same": {None: "", True: "yes", False: "no"}[step.same],
            }
            for step in steps
        ]
    )
    ended = frame["done"] == frame["rows"]
    frame["speedup"] = (
        (frame["seconds"].iloc[0] / frame["seconds"].where(ended)) if ended.iloc[0] else float("nan")
    )
    frame["efficiency"] = frame["speedup"] / frame["cores"]
    return frame


def _line(lane: "Lane", lime: float | None) -> dict[str, object]:
    rate, agreement = lane.rows_per_second, lane.agreement
    finished = lane.state.value == "finished"
    return {
        "contestant": CONTESTANTS[lane.name],
        "where": lane.where,
        "state": lane.state.value,
        "done": f"{lane.done:,} of {lane.rows:,}",
        "start_up": lane.start_up,
        "seconds": lane.seconds if lane.done else None,
        "rows_per_second": rate,
        "times": rate / lime if finished and rate is not None and lime else None,
        "largest": agreement.largest if agreement else None,
        "mean": agreement.mean if agreement else None,
        "reason": REASONS[lane.name] if agreement or lane.name == "lime" else "",
    }
