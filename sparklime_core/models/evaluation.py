"""How good a model is on rows that it has not seen: measures, those of a baseline, and tables for plots."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn import metrics as scores

from sparklime_core.data.dataset import Dataset
from sparklime_core.errors import ModelError, raised_as

CALIBRATION_BINS = 10
MOST_POINTS = 500
"""Points of a curve that are kept; a plot cannot show more."""


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
    scored = probabilities[:, 1] if binary else probabilities
    values["roc_auc"] = (
        scores.roc_auc_score(target, scored)
        if binary
        else scores.roc_auc_score(target, scored, multi_class="ovr", labels=labels)
    )
    values["average_precision"] = scores.average_precision_score(truth, scored)
    return values


def _finite(values: dict[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items() if np.isfinite(value)}


@dataclass(frozen=True)
class Evaluation:
    """A model's predictions on rows whose target is known.

    Attributes
    ----------
    rows
        (t,) positions of the rows in the dataset.
    truth
        (t,) true classes or values.
    predicted
        (t, K) probabilities, or (t,) values in regression.
    class_names
        Name of each class; None in regression.
    """

    rows: npt.NDArray[np.int64]
    truth: npt.NDArray[Any]
    predicted: npt.NDArray[np.float64]
    class_names: tuple[str, ...] | None

    def confusion(self) -> pd.DataFrame:
        """Return ``truth``, ``predicted`` (names), ``true_order``, ``predicted_order`` and ``rows``."""
        names = self._names()
        counts = scores.confusion_matrix(self.truth, self.predicted.argmax(axis=1), labels=range(len(names)))
        true, predicted = np.indices(counts.shape)
        return pd.DataFrame(
            {
                "truth": np.array(names, dtype=object)[true.ravel()],
                "predicted": np.array(names, dtype=object)[predicted.ravel()],
                "true_order": true.ravel(),
                "predicted_order": predicted.ravel(),
                "rows": counts.ravel(),
            }
        )

    def roc(self, label: int) -> pd.DataFrame:
        """Return the curve of a class against the rest.

        Columns ``false_positive_rate``, ``true_positive_rate`` and ``threshold``; empty when the rows lack the
        class, or hold nothing else.
        """
        truth = self._is(label)
        if truth.all() or not truth.any():
            return pd.DataFrame({"false_positive_rate": [], "true_positive_rate": [], "threshold": []})
        false, true, threshold = scores.roc_curve(truth, self.predicted[:, label])
        frame = pd.DataFrame({"false_positive_rate": false, "true_positive_rate": true, "threshold": threshold})
        return _thinned(frame.replace(np.inf, 1.0))

    def precision_recall(self, label: int) -> pd.DataFrame:
        """Return a class's ``recall``, ``precision`` and ``threshold``; empty when the rows lack the class."""
        truth = self._is(label)
        if not truth.any():
            return pd.DataFrame({"recall": [], "precision": [], "threshold": []})
        precision, recall, threshold = scores.precision_recall_curve(truth, self.predicted[:, label])
        frame = pd.DataFrame({"recall": recall, "precision": precision, "threshold": np.append(threshold, 1.0)})
        return _thinned(frame)

    def calibration(self, label: int, bins: int = CALIBRATION_BINS) -> pd.DataFrame:
        """Return ``predicted`` and ``observed`` shares of a class and ``rows``, by bins of its probability."""
        probability = self.predicted[:, label]
        at = np.minimum((probability * bins).astype(np.int64), bins - 1)
        frame = pd.DataFrame({"bin": at, "predicted": probability, "observed": self._is(label).astype(np.float64)})
        grouped = frame.groupby("bin")
        found = grouped[["predicted", "observed"]].mean()
        found["rows"] = grouped.size()
        return found.reset_index(drop=True)

    def residuals(self) -> pd.DataFrame:
        """Return ``row``, ``truth``, ``predicted`` and ``residual`` (truth - predicted) of a regression."""
        if self.class_names is not None:
            raise ModelError("Residuals need a regression model, and this model predicts classes.")
        columns = {"row": self.rows, "truth": self.truth, "predicted": self.predicted}
        return pd.DataFrame({**columns, "residual": self.truth - self.predicted})

    def _is(self, label: int) -> npt.NDArray[np.bool_]:
        if not 0 <= label < len(self._names()):
            raise ModelError(f"There is no class {label}; the classes are 0 to {len(self._names()) - 1}.")
        found: npt.NDArray[np.bool_] = self.truth == label
        return found

    def _names(self) -> tuple[str, ...]:
        if self.class_names is None:
            raise ModelError("This needs a model of classes, and the model predicts a number; use the residuals.")
        return self.class_names


@raised_as(ModelError, "The model cannot be measured")
def evaluate(estimator: Any, dataset: Dataset, rows: npt.NDArray[np.int64]) -> Evaluation:
    """Predict rows of a dataset (their positions), of which those without a target are left out."""
    rows = rows[dataset.labelled[rows]]
    features = dataset.features[rows]
    predict = estimator.predict if dataset.class_names is None else estimator.predict_proba
    predicted = predict(features) if len(rows) else np.empty((0, len(dataset.class_names or ())))
    return Evaluation(rows, dataset.target[rows], np.asarray(predicted, dtype=np.float64), dataset.class_names)


def _thinned(frame: pd.DataFrame) -> pd.DataFrame:
    if len(frame) <= MOST_POINTS:
        return frame
    kept = np.unique(np.linspace(0, len(frame) - 1, MOST_POINTS).astype(np.int64))
    return frame.iloc[kept].reset_index(drop=True)
