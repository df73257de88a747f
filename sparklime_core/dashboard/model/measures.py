"""A model's measures, for people."""

MEASURES = {
    "accuracy": ("Accuracy", "Share of the test rows with a right prediction."),
    "baseline_accuracy": ("Accuracy without a model", "Always predicts the largest class."),
    "balanced_accuracy": ("Balanced accuracy", "Share of right predictions per class, averaged over the classes."),
    "roc_auc": (
        "ROC AUC",
        "Chance that a row of the class gets a higher probability for it than a row of another class.",
    ),
    "log_loss": (
        "Log loss",
        "Distance of the probabilities from the true classes; 0 is perfect, lower is better.",
    ),
    "average_precision": (
        "Average precision",
        "Area under the precision-recall curve, averaged over the classes; 1 is perfect.",
    ),
    "r2": ("R²", "Share of the target's variance that the model explains; 1 is perfect."),
    "mae": ("Mean absolute error", "In the target's own unit."),
    "rmse": ("Root mean squared error", "In the target's own unit; large errors count more."),
    "baseline_mae": ("Mean absolute error without a model", "Always predicts the training rows' median."),
    "baseline_rmse": ("Root mean squared error without a model", "Always predicts the training rows' mean."),
}
"""Name and meaning of each measure of `Metrics`."""
