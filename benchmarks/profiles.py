"""What profiles cost: ``python -m benchmarks.profiles``; times of the engines as they are over those without.

Without, ``sampled`` takes no sums of residuals. ``exact`` adds up one bin a split and not all that its interval
reaches into: what lime's own weights need.
"""

import os

# Before numpy is loaded: one thread, whatever the machine has.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"

import statistics  # noqa: E402
import time  # noqa: E402
from dataclasses import replace  # noqa: E402

import numpy as np  # noqa: E402

from benchmarks.problems import BREAST_CANCER, DEEP, NUM_SAMPLES, Problem  # noqa: E402
from sparklime_core.explain.exact.exact_engine import ExactEngine  # noqa: E402
from sparklime_core.explain.exact.splits import Block  # noqa: E402
from sparklime_core.explain.explain_rows import prepare_task  # noqa: E402
from sparklime_core.explain.settings import ExplainSettings  # noqa: E402
from sparklime_core.explain.surrogate import Surrogates  # noqa: E402
from sparklime_core.explain.task import BLOCK_ROWS, ExplainTask  # noqa: E402

LAPS = 9


class BareExact(ExactEngine):
    """The engine ``exact`` with lime's own numbers alone."""

    def _describe(self, expected, wanted, fitted) -> Surrogates:
        return fitted


def main() -> None:
    """Measure, and print a table."""
    print("| problem | engine | ms a row | without profiles | ratio | with profiles=True |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    for problem in (BREAST_CANCER, DEEP):
        for engine in ("sampled", "exact"):
            usual, without, whole = measure(problem, engine)
            ratios = f"{usual / without:.2f} | {whole / without:.2f}"
            print(f"| {problem.name} | {engine} | {usual:.3g} | {without:.3g} | {ratios} |")


def measure(problem: Problem, engine: str) -> list[float]:
    """Return milliseconds of processor time a row: as it is, without, and with whole profiles; in turns."""
    settings = ExplainSettings(engine, num_features=problem.num_features, num_samples=NUM_SAMPLES)
    task = prepare_task(problem.explainer, problem.model.predict_proba, settings)
    tasks = [task, replace(task, engine=bare(task)), replace(task, settings=replace(settings, profiles=True))]
    rows = problem.rows(BLOCK_ROWS)
    laps: list[list[float]] = [[], [], []]
    for lap in range(LAPS + 1):
        for times, one in zip(laps, tasks, strict=True):
            start = time.process_time()
            one.explain(rows, np.arange(len(rows)))
            if lap:
                times.append(1e3 * (time.process_time() - start) / len(rows))
    return [statistics.median(times) for times in laps]


def bare(task: ExplainTask):
    """Return a task's engine without profiles."""
    engine = task.engine
    if not isinstance(engine, ExactEngine):
        return replace(engine, profiler=None)
    trees = replace(engine.trees, blocks=tuple(map(one_bin_a_split, engine.trees.blocks)))
    return BareExact(engine.explainer, engine.settings, engine.columns, trees, engine.neighbourhood, engine.spread)


def one_bin_a_split(block: Block) -> Block:
    """Return a block that adds up only the first bin of each split."""
    some = np.diff(block.first) > 0
    entries = block.first[:-1][some]
    return replace(
        block,
        first=np.cumsum([0, *some]),
        bin=block.bin[entries],
        inside=block.inside[entries],
        below=block.below[entries],
    )


if __name__ == "__main__":
    main()
