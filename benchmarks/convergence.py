"""How far lime is from the engine ``exact``, by the size of its neighbourhood."""

from dataclasses import dataclass

import numpy as np
from lime.lime_tabular import LimeTabularExplainer
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier

from sparklime_core import explain_rows

SIZES = (250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000)
ROWS = 20


@dataclass(frozen=True)
class Convergence:
    """Root mean square errors of all weights of lime against ``exact``, and their slope on log-log axes."""

    sizes: tuple[int, ...]
    errors: tuple[float, ...]
    largest_weight: float
    slope: float


def converge(seeds: int) -> Convergence:
    """Measure on breast cancer: lime's own answers (by the engine ``sampled``) for some rows and many seeds."""
    rows, target = load_breast_cancer(return_X_y=True)
    model = RandomForestClassifier(100, random_state=0).fit(rows, target)
    explainer = LimeTabularExplainer(rows, feature_selection="none")
    errors = []
    for size in SIZES:
        keywords = {"labels": [1], "num_samples": size}
        exact = _weights(explain_rows(explainer, model, rows[:ROWS], engine="exact", **keywords))
        squares = [
            (
                _weights(explain_rows(explainer, model, rows[:ROWS], engine="sampled", seed=seed, **keywords))
                - exact
            )
            ** 2
            for seed in range(seeds)
        ]
        errors.append(float(np.sqrt(np.mean(squares))))
    slope = float(np.polyfit(np.log(SIZES), np.log(errors), 1)[0])
    return Convergence(SIZES, tuple(errors), float(np.abs(exact).max(axis=1).mean()), slope)


def _weights(table) -> np.ndarray:
    found = [sorted((int(t["feature"]), t["weight"]) for t in terms) for terms in table["explanation"].to_pylist()]
    return np.array(found)[:, :, 1]
