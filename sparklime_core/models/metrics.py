"""Measures of a model on rows that it has not seen, and of a baseline without a model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import metrics as scores


@dataclass(frozen=True)
class Metrics:
    """Measures of a model on its test rows.

    Attributes
    ----------
    test_rows
        How many rows were measured.
    values
        Measure by name. Classes: ``accuracy``, ``baseline_accuracy`` (of always saying the largest class),
        ``balanced_accuracy`` (mean recall of the classes), ``log_loss``, and ``roc_auc`` and ``average_precision``
        (one against the rest, mean over the classes; left out where the test rows lack a class). Regression:
        ``r2``, ``mae`` and ``rmse``, ``baseline_mae`` and ``baseline_rmse`` (of always saying the training rows'
        median and mean; in the target's unit).
    confusion
        (K, K) counts of test rows, true class by predicted class; empty in regression.
    """

    test_rows: int
    values: dict[str, float]
    confusion: tuple[tuple[int, ...], ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """Return the metrics for a run's manifest."""
        return {"test_rows": self.test_rows, **self.values, "confusion": [list(row) for row in self.confusion]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Metrics":
        """Return metrics from what `as_dict` gave, through JSON or not."""
        named = {name: value for name, value in values.items() if name not in ("test_rows", "confusion")}
        return cls(values["test_rows"], named, tuple(tuple(row) for row in values["confusion"]))


def measure(
    estimator: Any,
    features: npt.NDArray[np.float64],
    target: npt.NDArray[Any],
    class_names: tuple[str, ...] | None,
    trained_on: npt.NDArray[Any] | None = None,
) -> Metrics:
    """Measure an estimator on test rows (t, d) with their true classes or values (t,).

    `trained_on` are the targets that the baselines may know; those of the test rows when None.
    """
    known = target if trained_on is None else trained_on
    if class_names is None:
        return Metrics(len(target), _finite(_of_numbers(target, estimator.predict(features), known)))
    probabilities = estimator.predict_proba(features)
    labels = np.arange(len(class_names))
    values = _of_classes(target, probabilities, known, labels)
    confusion = scores.confusion_matrix(target, probabilities.argmax(axis=1), labels=labels)
    return Metrics(len(target), _finite(values), tuple(tuple(int(count) for count in row) for row in confusion))


def _of_numbers(
    target: npt.NDArray[np.float64], predicted: npt.NDArray[np.float64], known: npt.NDArray[np.float64]
) -> dict[str, float]:
    return {
        "r2": scores.r2_score(target, predicted) if len(target) > 1 else float("nan"),
        "mae": scores.mean_absolute_error(target, predicted),
        "rmse": scores.root_mean_squared_error(target, predicted),
        "baseline_mae": float(np.abs(target - np.median(known)).mean()),
        "baseline_rmse": float(np.sqrt(((target - known.mean()) ** 2).mean())),
    }


def _of_classes(
    target: npt.NDArray[np.int64],
    probabilities: npt.NDArray[np.float64],
    known: npt.NDArray[np.int64],
    labels: npt.NDArray[np.int64],
) -> dict[str, float]:
    predicted = probabilities.argmax(axis=1)
    present = np.unique(target)
    values = {
        "accuracy": scores.accuracy_score(target, predicted),
        "baseline_accuracy": float((target == np.bincount(known).argmax()).mean()),
        "balanced_accuracy": float(np.mean([(predicted[target == label] == label).mean() for label in present])),
        "log_loss": scores.log_loss(target, probabilities, labels=labels),
    }
    if len(present) < len(labels):
        return values
    binary = len(labels) == 2
    truth = target if binary else (target[:, None] == labels).astype(np.int64)
    said = probabilities[:, 1] if binary else probabilities
    values["roc_auc"] = (
        scores.roc_auc_score(target, said)
        if binary
        else scores.roc_auc_score(target, said, multi_class="ovr", labels=labels)
    )
    values["average_precision"] = scores.average_precision_score(truth, said)
    return values


def _finite(values: dict[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items() if np.isfinite(value)}
