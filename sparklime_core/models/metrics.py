"""How good a model is on rows that it has not seen."""

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
        Measure by name: ``accuracy``, ``balanced_accuracy``, ``roc_auc`` (one against the rest, mean over the
        classes; left out where the test rows lack a class); in regression ``r2``, ``mae`` and ``rmse``
        (in the target's unit).
    confusion
        (K, K) counts of test rows, true class by predicted class; empty in regression.
    """

    test_rows: int
    values: dict[str, float]
    confusion: tuple[tuple[int, ...], ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """Return the metrics for a run's manifest."""
        return {"test_rows": self.test_rows, **self.values, "confusion": [list(row) for row in self.confusion]}


def measure(
    estimator: Any,
    features: npt.NDArray[np.float64],
    target: npt.NDArray[Any],
    class_names: tuple[str, ...] | None,
) -> Metrics:
    """Measure an estimator on test rows (t, d) with their true classes or values (t,)."""
    if class_names is None:
        predicted = estimator.predict(features)
        values = {
            "r2": scores.r2_score(target, predicted) if len(target) > 1 else float("nan"),
            "mae": scores.mean_absolute_error(target, predicted),
            "rmse": scores.root_mean_squared_error(target, predicted),
        }
        return Metrics(len(target), _finite(values))
    probabilities = estimator.predict_proba(features)
    labels = np.arange(len(class_names))
    predicted = probabilities.argmax(axis=1)
    present = np.unique(target)
    values = {
        "accuracy": scores.accuracy_score(target, predicted),
        "balanced_accuracy": float(np.mean([(predicted[target == label] == label).mean() for label in present])),
    }
    if len(present) == len(labels):
        values["roc_auc"] = (
            scores.roc_auc_score(target, probabilities[:, 1])
            if len(labels) == 2
            else scores.roc_auc_score(target, probabilities, multi_class="ovr", labels=labels)
        )
    confusion = scores.confusion_matrix(target, predicted, labels=labels)
    return Metrics(len(target), _finite(values), tuple(tuple(int(count) for count in row) for row in confusion))


def _finite(values: dict[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items() if np.isfinite(value)}
