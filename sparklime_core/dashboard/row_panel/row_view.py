"""One row of a run as the page tells it: shaped from the stored results, without Streamlit."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sparklime_core.charts.classes import ROLES
from sparklime_core.dashboard.shared.text import number
from sparklime_core.data.dataset import Dataset
from sparklime_core.explain.trust import FIT

UNKNOWN = "unknown"


@dataclass(frozen=True)
class RowView:
    """A row, and the explanation of one of its labels.

    Attributes
    ----------
    row_id
        The row.
    result
        The explained (row, label) pair, as a dictionary of the result's schema.
    labels
        The labels of the row that have an explanation: index and name.
    predicted
        The name of the class that the model predicts, or the predicted value as text.
    probability
        Of that class; None in regression, and where the model gives none.
    truth
        The true class or value as text; None where it is not known.
    right
        Whether the model is right; None in regression, and where the truth is not known.
    unseen
        Whether the model has not seen the row in training.
    values
        Value of each feature, as text, in the table's order.
    """

    row_id: int
    result: Mapping[str, Any]
    labels: tuple[tuple[int, str], ...]
    predicted: str
    probability: float | None
    truth: str | None
    right: bool | None
    unseen: bool
    values: Mapping[str, str]

    @property
    def fit(self) -> float | None:
        """What the fit of the explanation is judged by: its profile score, or the local R² without profiles."""
        profile_score: float | None = self.result.get("profile_score")
        score: float | None = self.result["score"]
        return score if profile_score is None else profile_score

    @property
    def gap(self) -> float | None:
        """How far the surrogate is from the model at this row."""
        model, local = self.result["prediction"], self.result["local_prediction"]
        return None if model is None or local is None else float(local - model)


def view_row(
    results: Sequence[Mapping[str, Any]],
    dataset: Dataset,
    test_rows: Container[int],
    label: int | None,
    probabilities: Sequence[float] | None = None,
) -> RowView:
    """Shape a row.

    Parameters
    ----------
    results
        The row's results, one a label; at least one.
    dataset
        The run's table.
    test_rows
        Rows that the model has not seen.
    label
        The label to show; when the row has none such, its most probable one.
    probabilities
        The model's own, of all classes; without them, the most probable of the explained classes counts as the
        predicted one.
    """
    row_id = int(results[0]["row_id"])
    best = max(results, key=lambda result: -1.0 if result["prediction"] is None else result["prediction"])
    chosen = next((result for result in results if result["label"] == label), best)
    predicted, code, probability = _predicted(best, dataset, probabilities)
    known = bool(dataset.labelled[row_id])
    return RowView(
        row_id=row_id,
        result=chosen,
        labels=tuple((int(result["label"]), str(result["label_name"])) for result in results if _named(result)),
        predicted=predicted,
        probability=probability,
        truth=dataset.target_text(row_id) if known else None,
        right=bool(code == dataset.target[row_id]) if known and code is not None else None,
        unseen=row_id in test_rows,
        values={
            name: dataset.value_text(index, float(dataset.features[row_id, index]))
            for index, name in enumerate(dataset.feature_names)
        },
    )


def _predicted(
    best: Mapping[str, Any], dataset: Dataset, probabilities: Sequence[float] | None
) -> tuple[str, int | None, float | None]:
    """Return what the model predicts, as text, and in classification the class's code and probability."""
    if dataset.class_names is None:
        return _value(best["prediction"]), None, None
    if probabilities is not None:
        code = max(range(len(probabilities)), key=probabilities.__getitem__)
        return dataset.class_names[code], code, float(probabilities[code])
    return str(best["label_name"] or UNKNOWN), best["label"], best["prediction"]


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


def _named(result: Mapping[str, Any]) -> bool:
    return result["label"] is not None and result["label_name"] is not None


def _value(prediction: float | None) -> str:
    return UNKNOWN if prediction is None else number(prediction)


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
