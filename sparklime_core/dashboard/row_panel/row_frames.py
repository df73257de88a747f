"""One row of a run as the tables and charts of a page take it: frames, and the colour of a badge. No Streamlit."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from sparklime_core.charts.classes import ROLES
from sparklime_core.explain.trust import FIT
from sparklime_core.runs.row_view import RowView


def values_frame(view: RowView) -> pd.DataFrame:
    """Return the row's features: name, value, condition and weight, those of the explanation first."""
    explained = {entry["feature"]: entry for entry in view.result["explanation"] or ()}
    names = [*explained, *(name for name in view.values if name not in explained)]
    return pd.DataFrame(
        {
            "feature": names,
            "value": [view.values.get(name, "") for name in names],
            "condition": [explained[name]["feature_explanation"] if name in explained else None for name in names],
            "weight": pd.Series(
                [explained[name]["weight"] if name in explained else None for name in names], dtype="float64"
            ),
        }
    )


def classes_frame(
    class_names: Sequence[str], probabilities: Sequence[float], label: int, most: int
) -> pd.DataFrame:
    """Return the most probable classes, the explained one always among them, for `probabilities_chart`."""
    order = sorted(range(len(class_names)), key=lambda index: -probabilities[index])
    shown = order[:most] if label in order[:most] else [*order[: most - 1], label]
    return pd.DataFrame(
        {
            "order": range(len(shown)),
            "name": [class_names[index] for index in shown],
            "probability": [float(probabilities[index]) for index in shown],
            "role": [ROLES[0] if index == label else ROLES[1] for index in shown],
        }
    )


def fit_badge(fit: float | None) -> tuple[str, str]:
    """Say how good a fit is: (words, colour of a badge); the rule is `explain.trust.FIT`."""
    if fit is None:
        return "fit unknown", "gray"
    level = FIT.level(fit)
    return f"{level} local fit", {"good": "green", "fair": "yellow", "weak": "orange"}[level]


def compared_classes(results: Sequence[Mapping[str, Any]], classes: int, features: int) -> pd.DataFrame:
    """Return the weights of a row's explanations of several classes, for `comparison_chart`.

    Parameters
    ----------
    results
        Explained (row, label) pairs of one row, in the order in which they are to be shown.
    classes, features
        How many of the first classes, and of the conditions that are strongest in any of them, are kept.
    """
    kept = results[:classes]
    weights = [
        (entry["feature_explanation"], abs(entry["weight"])) for result in kept for entry in result["explanation"]
    ]
    strongest = pd.DataFrame(weights, columns=["text", "weight"]).groupby("text")["weight"].max()
    order = list(strongest.sort_values(ascending=False, kind="stable").index[:features])
    cells = [
        (
            str(result["label_name"]),
            place,
            entry["feature_explanation"],
            order.index(entry["feature_explanation"]),
            entry["weight"],
        )
        for place, result in enumerate(kept)
        for entry in result["explanation"]
        if entry["feature_explanation"] in order
    ]
    return pd.DataFrame(cells, columns=["name", "class_order", "text", "order", "weight"])
