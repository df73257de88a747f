"""A model's measures, for people."""

from collections.abc import Sequence

import pandas as pd

from sparklime_core.data.dataset import Dataset
from sparklime_core.models.forest import Model

MEASURES = {
    "accuracy": ("Accuracy", "Share of the test rows whose class is predicted right."),
    "baseline_accuracy": ("Accuracy of no model", "Of always saying the largest class."),
    "balanced_accuracy": ("Balanced accuracy", "Mean over the classes of the share that is predicted right."),
    "roc_auc": (
        "ROC AUC",
        "Chance that a row of a class gets a higher probability of it than a row of another class.",
    ),
    "log_loss": ("Log loss", "How far the probabilities are from the truth; 0 is perfect, lower is better."),
    "average_precision": (
        "Average precision",
        "Area under the curve of precision by recall, the mean over the classes; 1 is perfect.",
    ),
    "r2": ("R²", "Share of the target's variance that the model explains; 1 is perfect."),
    "mae": ("Mean absolute error", "In the target's own unit."),
    "rmse": ("Root mean squared error", "In the target's own unit; large errors count more."),
    "baseline_mae": ("Mean absolute error of no model", "Of always saying the training rows' median."),
    "baseline_rmse": ("Root mean squared error of no model", "Of always saying the training rows' mean."),
}
"""Name and meaning of each measure of `Metrics`."""


def confusion_frame(confusion: Sequence[Sequence[int]], names: Sequence[str]) -> pd.DataFrame:
    """Return the confusion matrix for `confusion_chart`, one line a cell."""
    return pd.DataFrame(
        [
            {
                "truth": names[true],
                "predicted": names[predicted],
                "true_order": true,
                "predicted_order": predicted,
                "rows": rows,
            }
            for true, counts in enumerate(confusion)
            for predicted, rows in enumerate(counts)
        ]
    )


def predictions_frame(model: Model, dataset: Dataset) -> pd.DataFrame:
    """Return the test rows' true and predicted values for `predictions_chart`."""
    rows = model.test_rows
    predicted = model.predict_fn(dataset.features[rows])
    return pd.DataFrame({"row": rows, "truth": dataset.target[rows].astype(float), "predicted": predicted})
