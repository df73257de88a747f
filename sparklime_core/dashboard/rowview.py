"""One row of a run as the page tells it: shaped from the stored results, without Streamlit."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sparklime_core.charts.classes import ROLES
from sparklime_core.dashboard.text import number
from sparklime_core.data.dataset import Dataset


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
        The name of the most probable class, or the predicted value as text.
    truth
        The true class or value as text.
    right
        Whether the model is right; None in regression.
    unseen
        Whether the model has not seen the row in training.
    values
        Value of each feature, as text, in the table's order.
    """

    row_id: int
    result: Mapping[str, Any]
    labels: tuple[tuple[int, str], ...]
    predicted: str
    truth: str
    right: bool | None
    unseen: bool
    values: Mapping[str, str]

    @property
    def gap(self) -> float | None:
        """How far the surrogate is from the model at this row."""
        model, local = self.result["prediction"], self.result["local_prediction"]
        return None if model is None or local is None else float(local - model)


def view_row(
    results: Sequence[Mapping[str, Any]], dataset: Dataset, test_rows: Container[int], label: int | None
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
    """
    row_id = int(results[0]["row_id"])
    best = max(results, key=lambda result: -1.0 if result["prediction"] is None else result["prediction"])
    chosen = next((result for result in results if result["label"] == label), best)
    regression = dataset.class_names is None
    predicted = best["label_name"] if not regression else _value(best["prediction"])
    return RowView(
        row_id=row_id,
        result=chosen,
        labels=tuple((int(result["label"]), str(result["label_name"])) for result in results if _named(result)),
        predicted="unknown" if predicted is None else str(predicted),
        truth=dataset.target_text(row_id),
        right=None if regression or best["label"] is None else bool(best["label"] == dataset.target[row_id]),
        unseen=row_id in test_rows,
        values={
            name: dataset.value_text(index, float(dataset.features[row_id, index]))
            for index, name in enumerate(dataset.feature_names)
        },
    )


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


def fidelity_words(score: float | None) -> tuple[str, str]:
    """Say how far a local R² goes: (words, colour of a badge).

    The rule: from 0.7 the surrogate explains most of what the model does nearby; from 0.4 some of it; below that
    too little to trust its weights.
    """
    if score is None:
        return "fit unknown", "gray"
    if score >= 0.7:
        return "good local fit", "green"
    if score >= 0.4:
        return "fair local fit", "yellow"
    return "weak local fit", "orange"


def _named(result: Mapping[str, Any]) -> bool:
    return result["label"] is not None and result["label_name"] is not None


def _value(prediction: float | None) -> str | None:
    return None if prediction is None else number(prediction)
