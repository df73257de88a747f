"""What measuring stability costs: ``python -m benchmarks.stability``; a line for each number of pools."""

import os

# Before numpy is loaded: one thread, whatever the machine has.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"

import statistics  # noqa: E402
import time  # noqa: E402

import numpy as np  # noqa: E402

from benchmarks.problems import BREAST_CANCER, DEEP, NUM_SAMPLES, Problem  # noqa: E402
from sparklime_core.explain.settings import ExplainSettings  # noqa: E402
from sparklime_core.explain.stability_task import prepare_measured  # noqa: E402
from sparklime_core.explain.task import BLOCK_ROWS, ExplainTask  # noqa: E402

POOLS = (0, 2, 5, 10)
LAPS = 5


def main() -> None:
    """Measure, and print the tables."""
    for problem in (BREAST_CANCER, DEEP):
        print(f"\n{problem.name}: {problem.features} features, {problem.splits:,} splits\n")
        print("| pools | ms a row | times without | bytes a row | preparing, s |")
        print("| ---: | ---: | ---: | ---: | ---: |")
        for pools, milliseconds, ratio, size, seconds in measure(problem):
            print(f"| {pools or 'none'} | {milliseconds:.3g} | {ratio:.1f} | {size:.0f} | {seconds:.2f} |")


def measure(problem: Problem) -> list[tuple[int, float, float, float, float]]:
    """Time a block with each number of pools, in turns; return pools, ms a row, ratio, bytes a row, seconds."""
    rows = problem.rows(BLOCK_ROWS)
    tasks, seconds = {}, {}
    for pools in POOLS:
        start = time.perf_counter()
        tasks[pools] = _task(problem, pools)
        seconds[pools] = time.perf_counter() - start
        tasks[pools].explain_and_measure(rows[:1], np.arange(1))
    laps = {pools: [] for pools in POOLS}
    for _ in range(LAPS):
        for pools, task in tasks.items():
            start = time.perf_counter()
            task.explain_and_measure(rows, np.arange(len(rows)))
            laps[pools].append(1e3 * (time.perf_counter() - start) / len(rows))
    found = {pools: statistics.median(lap) for pools, lap in laps.items()}
    sizes = {pools: _bytes(task, rows) for pools, task in tasks.items()}
    return [(pools, found[pools], found[pools] / found[0], sizes[pools], seconds[pools]) for pools in POOLS]


def _task(problem: Problem, pools: int) -> ExplainTask:
    settings = ExplainSettings(num_features=problem.num_features, num_samples=NUM_SAMPLES)
    return prepare_measured(problem.explainer, problem.model.predict_proba, settings, pools)


def _bytes(task: ExplainTask, rows: np.ndarray) -> float:
    _, measured = task.explain_and_measure(rows, np.arange(len(rows)))
    return 0.0 if measured is None else measured.serialize().size / len(rows)


if __name__ == "__main__":
    main()
