"""Time contestants against each other: interleaved, so that a busy machine slows all of them alike."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.contestants import Contestant
from benchmarks.problems import Problem
from sparklime_core.errors import SparkLimeError


@dataclass(frozen=True)
class Timing:
    """What a contestant took: seconds to prepare, milliseconds a row (median); or why it would not."""

    prepare_seconds: float = float("nan")
    row_ms: float = float("nan")
    refusal: str | None = None


def race(problem: Problem, contestants: Sequence[Contestant], repeats: int, most_rows: int) -> dict[str, Timing]:
    """Prepare every contestant, then let them explain in turns; return a timing for each name."""
    _ = problem.model, problem.explainer
    prepared, seconds, refused = {}, {}, {}
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
    laps: dict[str, list[float]] = {name: [] for name in prepared}
    for _lap in range(repeats):
        for contestant in contestants:
            if contestant.name in prepared:
                rows = problem.rows(min(contestant.rows, most_rows))
                start = contestant.clock()
                prepared[contestant.name](rows)
                laps[contestant.name].append(1e3 * (contestant.clock() - start) / len(rows))
    timed = {name: Timing(seconds[name], statistics.median(lap)) for name, lap in laps.items()}
    return {contestant.name: (timed | refused)[contestant.name] for contestant in contestants}
