"""`exact` on boosters beside their own SHAP values, on one core: ``python -m benchmarks.boosters [--out docs]``.

The contestants take turns, so that a busy machine is busy for all of them. The processor's own time is counted.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# Before the libraries are loaded: one thread each.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"

import lightgbm  # noqa: E402
import numpy as np  # noqa: E402
import xgboost  # noqa: E402
from lime.lime_tabular import LimeTabularExplainer  # noqa: E402
from sklearn.datasets import make_classification  # noqa: E402

from sparklime_core.explain.explain_rows import explain_with, prepare_task  # noqa: E402
from sparklime_core.explain.settings import ExplainSettings  # noqa: E402

ROWS, FEATURES, DEPTH = 20_000, 20, 6
TREES = (100, 500)
ASKED = 1_024
"""Rows that are timed together: four blocks of `exact`."""

REPEATS = 5
START, END = "<!-- boosters -->", "<!-- /boosters -->"

Explain = Callable[[np.ndarray], object]


@dataclass(frozen=True)
class Race:
    """Milliseconds of a core per row, the median of the repeats."""

    library: str
    trees: int
    splits: int
    exact: float
    contribs: float


def main() -> None:
    """Measure, print, and write the table into ``models.md``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.boosters", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs"), help="folder of the page (docs)")
    page = parser.parse_args().out / "models.md"
    text = table([race for trees in TREES for race in (xgboosted(trees), lightgbm_boosted(trees))])
    print(text)
    whole = page.read_text()
    begin, rest = whole.split(START)
    page.write_text(f"{begin}{START}\n{text}\n{END}{rest.split(END)[1]}")


def problem() -> tuple[np.ndarray, np.ndarray]:
    """Return rows and classes that every tree finds something in."""
    return make_classification(
        ROWS, FEATURES, n_informative=12, n_redundant=4, n_clusters_per_class=4, flip_y=0.1, random_state=0
    )


def xgboosted(trees: int) -> Race:
    """Race ``pred_contribs`` of XGBoost."""
    rows, target = problem()
    settings = {"objective": "binary:logistic", "max_depth": DEPTH, "nthread": 1}
    model = xgboost.train(settings, xgboost.DMatrix(rows, target, nthread=1), trees)

    def contribs(asked: np.ndarray) -> object:
        return model.predict(xgboost.DMatrix(asked, nthread=1), pred_contribs=True)

    splits = sum(tree.count("yes=") for tree in model.get_dump())
    return Race("XGBoost", trees, splits, *raced(exact(model, rows), contribs, rows))


def lightgbm_boosted(trees: int) -> Race:
    """Race ``pred_contrib`` of LightGBM."""
    rows, target = problem()
    settings = {"objective": "binary", "max_depth": DEPTH, "num_leaves": 2**DEPTH, "num_threads": 1, "verbose": -1}
    model = lightgbm.train(settings, lightgbm.Dataset(rows, target), trees)
    splits = sum(tree["num_leaves"] - 1 for tree in model.dump_model()["tree_info"])
    return Race(
        "LightGBM",
        trees,
        splits,
        *raced(exact(model, rows), lambda asked: model.predict(asked, pred_contrib=True, num_threads=1), rows),
    )


def exact(model: object, rows: np.ndarray) -> Explain:
    """Prepare the engine; return what explains rows: margins, predictions and results included."""
    explainer = LimeTabularExplainer(rows, random_state=0)
    task = prepare_task(explainer, model, ExplainSettings("exact", output="margin"))
    return lambda asked: explain_with(task, asked, np.arange(len(asked)))


def raced(one: Explain, other: Explain, rows: np.ndarray) -> tuple[float, float]:
    """Return the median milliseconds per row of both, by turns; each is called once before."""
    asked = np.ascontiguousarray(rows[:ASKED])
    seconds: tuple[list[float], list[float]] = ([], [])
    for turn in range(REPEATS + 1):
        for contestant, spent in zip((one, other), seconds, strict=True):
            begin = time.process_time()
            contestant(asked)
            if turn:
                spent.append(time.process_time() - begin)
    first, second = (1e3 * float(np.median(spent)) / ASKED for spent in seconds)
    return first, second


def table(races: list[Race]) -> str:
    """Return the table in Markdown."""
    lines = [
        f"{ROWS:,} rows of {FEATURES} numbers, two classes, depth {DEPTH}; XGBoost {xgboost.__version__}, "
        f"LightGBM {lightgbm.__version__}, {platform.machine()}, one core. Milliseconds of the core per row, "
        f"median of {REPEATS} turns over {ASKED:,} rows; `exact` with predictions, lime's fit, R² and profiles.",
        "",
        "| library | trees | splits | exact | its own SHAP values | times as fast |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {race.library} | {race.trees} | {race.splits:,} | {race.exact:.3f} | {race.contribs:.3f} | "
        f"{race.contribs / race.exact:.1f} |"
        for race in races
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
