"""A model's measures, for people."""

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
