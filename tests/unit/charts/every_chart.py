"""One chart of each function of `sparklime_core.charts`, small and with everything in it."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator

import pandas as pd

from sparklime_core import charts
from sparklime_core.charts.chart_template import Drawing
from sparklime_core.charts.classes import ROLES, classes_comparison_chart, probabilities_chart
from sparklime_core.charts.colours import AGAINST, FOR
from sparklime_core.charts.distribution import categories_chart, numbers_chart
from sparklime_core.charts.model import (
    calibration_chart,
    confusion_chart,
    precision_recall_chart,
    predictions_chart,
    residuals_chart,
    roc_chart,
)
from sparklime_core.charts.overview import (
    MORE,
    difference_chart,
    heat_map,
    importance_chart,
    means_chart,
    scores_chart,
)
from sparklime_core.charts.profiles import mean_profile_chart, profiles_chart, profiles_frame
from sparklime_core.charts.scatter import OUTCOMES, dependence_chart, fidelity_chart, swarm_chart
from sparklime_core.charts.studies import grid_chart, lanes_chart, scaling_chart, times_chart, tradeoff_chart
from sparklime_core.charts.weights import comparison_frame, fold_weights, rows_comparison_chart, weights_chart
from sparklime_core.charts.workers import executors_chart, shares_chart, throughput_chart, timeline_chart

NAMES = ("age", "income in dollars", "island=Biscoe")
WEIGHTS = (0.6, -0.4, 0.05)
SHARES = (0.0, 0.3, 0.425, 0.435, 0.58, 0.7, 1.0)
"""Steps along a scale of colours."""

EXPLANATION = [
    {"feature": name, "feature_explanation": f"{name} > 1", "weight": weight}
    for name, weight in zip(NAMES, WEIGHTS, strict=True)
]
LANES = pd.DataFrame({"order": range(3), "feature": NAMES, "text": NAMES, "shown": ["+0.6", "-0.4", "+0.05"]})
TASKS = pd.DataFrame(
    {
        "lane": ["driver / 1", "driver / 2"],
        "executor": ["0", "1"],
        "begin": [0.0, 0.5],
        "end": [0.4, 1.5],
        "seconds": [0.4, 1.0],
        "rows": [100, 256],
        "rows_per_second": [250.0, 256.0],
        "tasks": [1, 1],
        "wave": [0, 0],
        "partition": [0, 1],
        "attempt": [0, 0],
        "pid": [11, 12],
        "started": pd.to_datetime(["2026-01-01 10:00", "2026-01-01 10:01"]),
    }
)
POINTS = pd.DataFrame(
    {
        "row_id": range(6),
        "feature": [*NAMES, *NAMES],
        "lane": [0, 1, 2] * 2,
        "offset": [-1.0, 0.0, 1.0] * 2,
        "weight": [*WEIGHTS, *WEIGHTS],
        "rank": [0.0, 0.5, 1.0, None, 0.2, 0.9],
        "value": ["1", "2", "3"] * 2,
        "number": [1.0, 2.0, 3.0] * 2,
    }
)


def _probabilities() -> Drawing:
    roles = [ROLES[0], ROLES[1], ROLES[1]]
    return probabilities_chart(LANES.assign(name=NAMES, probability=[0.98, 0.015, 0.005], role=roles))


def _confusion() -> Drawing:
    counts = [
        {"truth": f"c{truth}", "predicted": f"c{said}", "true_order": truth, "predicted_order": said, "rows": rows}
        for truth in range(7)
        for said, rows in enumerate(round(100 * share) for share in SHARES)
    ]
    return confusion_chart(pd.DataFrame(counts))


def _classes() -> Drawing:
    cells = [
        {"name": f"c{at}", "class_order": at, "text": name, "order": order, "weight": sign * share}
        for at, share in enumerate(SHARES)
        for order, (name, sign) in enumerate(zip(NAMES, (1, -1, 0.2), strict=True))
    ]
    return classes_comparison_chart(pd.DataFrame(cells))


def _tuning() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"cell": at, "kernel_width": 1.0 + at, "num_samples": 500, "fit": share, "jaccard": share}
            for at, share in enumerate(SHARES)
        ]
    ).assign(noise=0.1, seconds=1.0)


def _scatter(regression: bool) -> Drawing:
    points = pd.DataFrame({"row_id": [1, 2], "prediction": [0.4, 0.9], "fit": [0.2, 0.8], "truth": ["a", "b"]})
    points = points.assign(outcome=OUTCOMES, true_value=[0.5, 1.0])
    behind = pd.DataFrame({"x0": [0.4], "x1": [0.6], "y0": [0.2], "y1": [0.5], "rows": [30]})
    return fidelity_chart(points, 1, target="y" if regression else None, behind=behind)


def _heat_map() -> Drawing:
    cells = POINTS.head(3).assign(
        top=[0, 1, 2], bottom=[1, 2, 3], side="for", strength=[0.6, 0.4, 0.05], group="A"
    )
    groups = pd.DataFrame({"name": ["A", "B"], "middle": [1.0, 2.5], "bottom": [2.0, 3.0]})
    return heat_map(cells, groups, list(NAMES), 0.6)


def _profiles() -> Drawing:
    bins = [{"condition": f"age <= {at}", "share": 0.5, "effect": effect} for at, effect in ((1, 0.4), (2, -0.4))]
    return profiles_chart(
        profiles_frame(
            [{"feature": "age", "own": "age <= 1", "carries": 0.5, "bins": bins}], {"age": {"age <= 1": 0.5}}
        ),
        0.4,
    )


def _comparison(signed: bool = True) -> Drawing:
    lines = comparison_frame([("row 1", EXPLANATION), ("row 2", EXPLANATION[:2])], 2)
    return rows_comparison_chart(lines, ["row 1", "row 2"], 0.6, signed=signed)


def _race(kind: str) -> Drawing:
    frame = pd.DataFrame({"contestant": ["lime", "Spark"], "seconds": [1.0, 2.0], "rows": [10, 20]})
    if kind == "lanes":
        return lanes_chart(frame, 20, ["lime", "Spark"])
    return times_chart(frame.assign(part=["start-up", "explaining"]), ["lime", "Spark"])


def _categories(colour: str) -> Drawing:
    bars = pd.DataFrame(
        {"order": range(3), "name": NAMES, "rows": [50, 2, 30], "place": ["own", "other", "other"]}
    )
    return categories_chart(bars, colour, ("own", "other"))


SPREAD = LANES.assign(
    effect=WEIGHTS, low=[0.5, -0.5, 0.0], high=[0.7, -0.3, 0.1], share=0.3, rows=5, average=WEIGHTS
)
BINS = pd.DataFrame({"low": [0.0, 0.5], "high": [0.5, 1.0], "rows": [3, 9]})
TOP = pd.DataFrame({"feature": NAMES, "mean_weight": [0.6, 0.4, 0.05], "rows": [9, 8, 7]})
FOLDED = fold_weights(EXPLANATION, {}, 2, spread=[0.1] * 3, exact=[0.5] * 3)
STEPS = pd.DataFrame({"cores": [1, 2], "seconds": [2.0, 1.1], "speedup": [1.0, 1.8], "efficiency": [1.0, 0.9]})
PARTS = pd.DataFrame({"part": ["model", "lime"], "seconds": [3.0, 1.0], "share": [0.75, 0.25], "how": "timed"})
MEANS = LANES.assign(up=[0.6, 0.1, 0.1], down=[0.0, -0.5, 0.0], mean=WEIGHTS, strength=0.5, raising=0.4, named=1.0)
DIFFERENCES = SPREAD.assign(first=0.2, second=0.3, difference=WEIGHTS, kind=MORE)

CHARTS: dict[str, Callable[[], Drawing]] = {
    "calibration_chart": lambda: calibration_chart(
        pd.DataFrame({"predicted": [0.2, 0.8], "observed": [0.1, 0.9], "rows": [5, 7]})
    ),
    "categories_chart": lambda: _categories(FOR),
    "categories_chart, against": lambda: _categories(AGAINST),
    "classes_comparison_chart": _classes,
    "confusion_chart": _confusion,
    "dependence_chart": lambda: dependence_chart(POINTS, "age", 1, []),
    "dependence_chart, categories": lambda: dependence_chart(POINTS, "age", 1, ["1", "2", "3"]),
    "difference_chart": lambda: difference_chart(DIFFERENCES, "Difference"),
    "executors_chart": lambda: executors_chart(TASKS),
    "fidelity_chart": lambda: _scatter(False),
    "fidelity_chart, regression": lambda: _scatter(True),
    "grid_chart": lambda: grid_chart(_tuning(), "fit", "Fit", 2),
    "grid_chart, all the same": lambda: grid_chart(_tuning().assign(fit=0.5), "fit", "Fit", 2),
    "heat_map": _heat_map,
    "importance_chart": lambda: importance_chart(TOP),
    "lanes_chart": lambda: _race("lanes"),
    "mean_profile_chart": lambda: mean_profile_chart(SPREAD),
    "means_chart": lambda: means_chart(MEANS),
    "numbers_chart": lambda: numbers_chart(BINS, (0.5,), (0.5, 1.0), 0.7, FOR),
    "precision_recall_chart": lambda: precision_recall_chart(
        pd.DataFrame({"recall": [0, 1], "precision": [1, 0.5], "threshold": [1, 0]})
    ),
    "predictions_chart": lambda: predictions_chart(
        pd.DataFrame({"row": [1, 2], "truth": [1.0, 5.0], "predicted": [0.5, 7.0]})
    ),
    "probabilities_chart": _probabilities,
    "profiles_chart": _profiles,
    "residuals_chart": lambda: residuals_chart(
        pd.DataFrame({"row": [3, 4], "truth": [2.0, 3.0], "predicted": [1.5, 2.0], "residual": [0.5, 1.0]})
    ),
    "roc_chart": lambda: roc_chart(
        pd.DataFrame({"false_positive_rate": [0, 1], "true_positive_rate": [0, 1], "threshold": [1, 0]})
    ),
    "rows_comparison_chart": _comparison,
    "rows_comparison_chart, sizes": lambda: _comparison(signed=False),
    "scaling_chart": lambda: scaling_chart(STEPS),
    "scores_chart": lambda: scores_chart(BINS),
    "shares_chart": lambda: shares_chart(PARTS),
    "swarm_chart": lambda: swarm_chart(POINTS, POINTS[["feature", "lane"]].head(3), 0.6, 1),
    "throughput_chart": lambda: throughput_chart(TASKS),
    "timeline_chart": lambda: timeline_chart(TASKS),
    "times_chart": lambda: _race("times"),
    "tradeoff_chart": lambda: tradeoff_chart(_tuning(), 2),
    "weights_chart": lambda: weights_chart(
        fold_weights(EXPLANATION, {}, 2, spread=[0.1] * 3, exact=[0.5] * 3), 0.7
    ),
}


def functions() -> Iterator[str]:
    """Yield the name of every function of the package that draws."""
    for module in pkgutil.iter_modules(charts.__path__):
        source = importlib.import_module(f"{charts.__name__}.{module.name}")
        for name, function in inspect.getmembers(source, inspect.isfunction):
            if name.endswith(("_chart", "_map")) and function.__module__ == source.__name__ and name[0] != "_":
                yield name
