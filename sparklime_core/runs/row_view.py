"""One row of a run in words: the prediction, whether it is right, and how far to trust its explanation.

The page and the report say the same, since both ask here.
"""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sparklime_core.data.dataset import Dataset
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.explain.trust import Verdict, judge
from sparklime_core.runs.inputs import Inputs
from sparklime_core.wording import number

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
    is_regression
        Whether the model predicts a value and no class.
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
    is_regression: bool

    @property
    def fit(self) -> float | None:
        """What the fit of the explanation is judged by: its profile score, or the local R² without profiles."""
        profile_score: float | None = self.result.get("profile_score")
        score: float | None = self.result["score"]
        return score if profile_score is None else profile_score

    @property
    def gap(self) -> float | None:
        """How far the surrogate is from the model at this row."""
        return _gap(self.result)


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
    best = most_probable(results)
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
        values=dataset.values_of(row_id),
        is_regression=dataset.class_names is None,
    )


def most_probable(results: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the result of a row's most probable label, of those that are explained."""
    return max(results, key=lambda result: float("-inf") if result["prediction"] is None else result["prediction"])


def have_predicted(results: Sequence[Mapping[str, Any]], settings: ExplainSettings) -> bool:
    """Return whether a row's results have its most probable class, so that the model need not be opened for it."""
    of_all_classes = settings.output == "probability" and isinstance(settings.labels, str)
    return of_all_classes and all(_named(result) and result["prediction"] is not None for result in results)


def class_probabilities(inputs: Inputs, row_id: int) -> tuple[float, ...] | None:
    """Return the model's probabilities of all classes; None in regression and for models without probabilities."""
    from sparklime_core.explain.predict_function import predict_columns  # noqa: PLC0415 - imports lime

    if inputs.dataset.class_names is None:
        return None
    row = inputs.dataset.features[row_id : row_id + 1]
    try:
        found = predict_columns(inputs.estimator.predict_proba, row, "classification")[0]
    except Exception:  # noqa: BLE001 - whatever a model raises: the row's own result says what was wrong
        return None
    return tuple(float(value) for value in found)


def row_sentences(view: RowView, emphasise: Callable[[str], str] = str) -> list[str]:
    """Return the model's prediction for a row, and the truth, in sentences.

    Parameters
    ----------
    view
        The row.
    emphasise
        Makes a name or value of the table stand out; the text as it is, unless a page can do more.
    """
    predicted, truth = emphasise(view.predicted), None if view.truth is None else emphasise(view.truth)
    if view.is_regression:
        return [f"The model predicts {predicted}; the true value is {truth or 'unknown'}."]
    certainty = "" if view.probability is None else f" with probability {view.probability:.2f}"
    said = f"The model predicts {predicted}{certainty}."
    if view.right is None:
        return [said, "The true class is unknown."]
    return [said, f"That is {'right' if view.right else 'wrong'}: it is {truth}."]


def colour_words(view: RowView) -> tuple[str, str]:
    """Return what a bar in the one colour does, and in the other."""
    return ("raises", "lowers") if view.is_regression else ("speaks for", "speaks against")


def row_verdict(result: Mapping[str, Any], stability: Mapping[str, Any] | None, span: float) -> Verdict:
    """Judge an explanation.

    Parameters
    ----------
    result
        The explained (row, label) pair, as a dictionary of the result's schema.
    stability
        Its stability, as a dictionary of the stability's schema; None where that is not measured.
    span
        The range of the model's predictions.
    """
    explanation, measured = result["explanation"], stability or {}
    return judge(
        result["score"],
        _gap(result),
        profile_score=result.get("profile_score"),
        span=span,
        jaccard=measured.get("jaccard"),
        sampling_rmse=measured.get("sampling_rmse"),
        strongest=explanation[0]["weight"] if explanation else None,
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


def _named(result: Mapping[str, Any]) -> bool:
    return result["label"] is not None and result["label_name"] is not None


def _value(prediction: float | None) -> str:
    return UNKNOWN if prediction is None else number(prediction)


def _gap(result: Mapping[str, Any]) -> float | None:
    model, local = result["prediction"], result["local_prediction"]
    return None if model is None or local is None else float(local - model)
