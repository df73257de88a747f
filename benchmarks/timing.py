"""Time contestants against each other: interleaved, so that a busy machine slows all of them alike."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.contestants import Contestant, Explain
from benchmarks.problems import Problem
from sparklime_core.errors import SparkLimeError

LAP_SECONDS = 0.4
"""Of processor time: what other work does to a core within some milliseconds evens out."""


@dataclass(frozen=True)
class Timing:
    """What a contestant took: seconds to prepare, milliseconds a row (median); or why it would not."""

    prepare_seconds: float = float("nan")
    row_ms: float = float("nan")
    refusal: str | None = None


def race(
    problem: Problem, contestants: Sequence[Contestant], repeats: int, lap_seconds: float
) -> dict[str, Timing]:
    """Prepare every contestant, then let them explain in turns; return a timing for each name.

    A lap is as many times a contestant's rows as take ``lap_seconds``, by one lap that does not count. All laps
    have new rows, so that nothing that was kept of the ones before helps.
    """
    _ = problem.model, problem.explainer
    prepared, seconds, sizes, refused = {}, {}, {}, {}
    for contestant in contestants:
        start = contestant.clock()
        try:
            explain = contestant.prepare(problem)
        except SparkLimeError as error:
            refused[contestant.name] = Timing(refusal=str(error))
            continue
        seconds[contestant.name] = contestant.clock() - start
        prepared[contestant.name] = explain
        explain(problem.rows(1))
        once = _seconds(contestant, explain, problem.rows(contestant.rows))
        sizes[contestant.name] = contestant.rows * max(1, math.ceil(lap_seconds / once))
    laps: dict[str, list[float]] = {name: [] for name in prepared}
    for lap in range(repeats):
        for contestant in contestants:
            if contestant.name in prepared:
                rows = problem.rows(sizes[contestant.name], lap + 1)
                took = _seconds(contestant, prepared[contestant.name], rows)
                laps[contestant.name].append(1e3 * took / len(rows))
    timed = {name: Timing(seconds[name], statistics.median(lap)) for name, lap in laps.items()}
    return {contestant.name: (timed | refused)[contestant.name] for contestant in contestants}


def _seconds(contestant: Contestant, explain: Explain, rows: np.ndarray) -> float:
    start = contestant.clock()
    explain(rows)
    return contestant.clock() - start
