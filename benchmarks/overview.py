"""The overview of a large run: ``python -m benchmarks.overview [--rows N] [--home FOLDER]``.

It times every question that the page of all rows asks, on the run of `benchmarks.workbench`.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.workbench import make_large_run, seconds_of
from sparklime_core.charts.overview import heat_map
from sparklime_core.charts.scatter import swarm_chart
from sparklime_core.dashboard.overview.frames import heat_frame, ranking, swarm_frame
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.inputs import read_encoding
from sparklime_core.runs.query.weights import WeightLabel, can_mirror, labels_explained, sample_rows, weight_totals
from sparklime_core.runs.row_index import index_files
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from sparklime_core.runs.weight_statistics import group_rows, submodular_pick


def questions(run: Run) -> dict[str, Callable[[], object]]:
    """Return what the page asks, by what it shows."""
    about = WeightLabel(1, mirrored=can_mirror(run.manifest()))
    wrong = RowFilter(outcome="wrong")
    features = read_encoding(run.folder).features
    names = [feature.name for feature in features]
    shown = ranking(weight_totals(run, RowFilter(), about), names)
    sample = sample_rows(run, RowFilter(), about)
    groups = group_rows(sample.filled)
    points = swarm_frame(sample, features, shown)
    cells, bands = heat_frame(sample, groups, features, shown)
    lanes = points[["feature", "lane"]].drop_duplicates()
    return {
        "which classes are explained": lambda: labels_explained(run),
        "weights by feature, all rows": lambda: weight_totals(run, RowFilter(), about),
        "weights by feature, the wrong ones": lambda: weight_totals(run, wrong, about),
        "a sample of all rows": lambda: sample_rows(run, RowFilter(), about),
        "a sample of the wrong ones": lambda: sample_rows(run, wrong, about),
        "rows to begin with (submodular pick)": lambda: submodular_pick(sample.conditions, 8),
        "groups": lambda: group_rows(sample.filled),
        "the swarm's points": lambda: swarm_frame(sample, features, shown),
        "the swarm as JSON": lambda: swarm_chart(points, lanes, 0.5, None).to_json(),
        "the heat map's cells": lambda: heat_frame(sample, groups, features, shown),
        "the heat map as JSON": lambda: heat_map(cells, bands, names, 0.5).to_json(),
    }


def main() -> None:
    """Make the run where there is none yet, and print a table of times."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overview", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--home", type=Path, help="where the run is kept, to look at it with SPARKLIME_HOME")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        store = RunStore((chosen.home or Path(temporary)) / "runs")
        runs = store.runs()
        run = runs[0] if runs else make_large_run(store, chosen.rows)
        index_files(run, run.facts.features)
        print(f"A run of {run.manifest().rows:,} rows: {run.folder}")
        for what, action in questions(run).items():
            print(f"| {what} | {seconds_of(action):.3f} s |", flush=True)


if __name__ == "__main__":
    main()
