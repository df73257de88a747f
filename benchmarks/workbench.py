"""The workbench over a large run: ``python -m benchmarks.workbench [--rows N] [--home FOLDER]``.

It makes a finished run of many rows and times every question that the page of rows asks. The rows of the table are
some real ones again and again, so that their explanations, which are a function of the row alone, are those of the
engine, and are made once.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from sparklime_core.data.build_dataset import read_csv
from sparklime_core.data.dataset import Dataset
from sparklime_core.explain.explain_rows import explain_rows
from sparklime_core.explain.explainer import build_explainer
from sparklime_core.explain.schema import TASK_SCHEMA
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.jobs.plan import RunPlan
from sparklime_core.models.train import train_forest
from sparklime_core.runs.filter.conditions import Range, ValueCondition, WeightCondition
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.manifest import RunState
from sparklime_core.runs.query.rows import (
    count_found,
    density,
    explanations_of,
    find_rows,
    mean_weights,
    random_row,
    sample_points,
    shared_scale,
)
from sparklime_core.runs.row_index import index_files
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore

FEATURES = 14
REAL_ROWS = 50_000
"""Different rows of the table."""

WAVE_ROWS = 50_000
REPEATS = 5


def make_large_run(store: RunStore, rows: int, seed: int = 0) -> Run:
    """Return a finished run of `rows` rows by 14 numbers, explained by the engine ``sampled``."""
    real = min(rows, REAL_ROWS)
    dataset = _table(real, rows, seed)
    few = Dataset("few", dataset.features[:real], dataset.target[:real], dataset.encoding, dataset.report)
    model = train_forest(few, n_estimators=50, max_depth=8)
    plan = RunPlan(dataset, model, ExplainSettings())
    run = store.create(plan.manifest("spark://127.0.0.1:7077"), plan.inputs())
    explained = explain_rows(build_explainer(few), model.predict_fn, few.features)
    begin = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    for wave, start in enumerate(range(0, rows, WAVE_ROWS)):
        ids = np.arange(start, min(start + WAVE_ROWS, rows))
        results = explained.take(pa.array(ids % real)).set_column(0, "row_id", pa.array(ids))
        task = _task(wave, len(ids), begin)
        run.append(wave, [wave], results, pa.Table.from_pylist([task], schema=TASK_SCHEMA))
    run.finish(RunState.FINISHED, seconds=rows / 4000)
    return run


def _table(real: int, rows: int, seed: int) -> Dataset:
    """Return a table of numbers and two classes, in which the same rows come again and again."""
    state = np.random.default_rng(seed)
    values = state.normal(size=(real, FEATURES)).round(4)
    score = values[:, 0] + values[:, 3] * (values[:, 6] > 0) - values[:, 1] + values[:, 2] / 2
    classes = np.where(score + state.logistic(size=real) / 2 > 0, "yes", "no")
    lines = [",".join([*(f"x{at:02d}" for at in range(FEATURES)), "y"])]
    lines += [",".join([*map(str, row), str(name)]) for row, name in zip(values, classes, strict=True)]
    small = read_csv("\n".join(lines).encode(), "y", name="large")
    again = np.arange(rows) % real
    return Dataset("large", small.features[again], small.target[again], small.encoding, small.report)


def _task(wave: int, rows: int, begin: datetime) -> dict[str, object]:
    return {
        "wave": wave,
        "partition": 0,
        "attempt": 0,
        "executor": str(wave % 2),
        "host": "127.0.0.1",
        "pid": 100 + wave % 2,
        "rows": rows,
        "started": begin + timedelta(seconds=wave),
        "seconds": 1.0,
    }


def questions(run: Run) -> dict[str, Callable[[], object]]:
    """Return what the page asks, by what a person does."""
    rows = run.manifest().rows
    wrong = RowFilter(outcome="wrong", order="error", descending=True)
    narrow = RowFilter(
        label=1,
        prediction=Range(0.6, 0.9),
        score=Range(0.3, None),
        values=(ValueCondition(0, Range(0.0, 1.0)), ValueCondition(3, Range(None, 0.5))),
        weights=(WeightCondition(1, Range(0.05, None)),),
        order="weight",
        order_feature=1,
        descending=True,
    )

    def found(wanted: RowFilter, offset: int = 0) -> Callable[[], object]:
        return lambda: find_rows(run, wanted, limit=100, offset=offset)

    return {
        "the first page": found(RowFilter()),
        "the last page": found(RowFilter(), rows - 100),
        "wrong ones, largest error first": found(wrong),
        "how many are wrong": lambda: count_found(run, wrong),
        "by probability, R², two values and a weight, sorted by the weight": found(narrow),
        "how many of these": lambda: count_found(run, narrow),
        "by the strongest reason, sorted by R²": found(RowFilter(top_feature="x03", order="score")),
        "a random row of the wrong ones": lambda: random_row(run, wrong, seed=7),
        "one row's explanation": lambda: explanations_of(run, rows * 2 // 3),
        "the scale of all charts": lambda: shared_scale(run, 5),
        "mean weights of the wrong ones": lambda: mean_weights(run, wrong, limit=20),
        "the plot's points": lambda: sample_points(run, RowFilter(), limit=2000),
        "the plot's density": lambda: density(run, RowFilter()),
    }


def seconds_of(action: Callable[[], object]) -> float:
    """Return the median time of some calls."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Make the run where there is none yet, and print a table of times."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.workbench", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--home", type=Path, help="where to keep the run, to look at it with SPARKLIME_HOME")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        store = RunStore((chosen.home or Path(temporary)) / "runs")
        runs = store.runs()
        run = runs[0] if runs else make_large_run(store, chosen.rows)
        print(f"A run of {run.manifest().rows:,} rows: {run.folder}")
        start = time.perf_counter()
        index_files(run, run.facts.features)
        print(f"| indexing, once | {time.perf_counter() - start:.2f} s |")
        for what, action in questions(run).items():
            print(f"| {what} | {seconds_of(action):.3f} s |", flush=True)


if __name__ == "__main__":
    main()
