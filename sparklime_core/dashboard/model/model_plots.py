"""How good a model is: measures and plots of the rows that it is measured on."""

import streamlit as st

from sparklime_core.charts.classes import confusion_chart, predictions_chart
from sparklime_core.charts.curves import calibration_chart, precision_recall_chart, residuals_chart, roc_chart
from sparklime_core.dashboard.shared import workspace
from sparklime_core.dashboard.shared.chart_element import draw
from sparklime_core.dashboard.shared.text import count, number, plain
from sparklime_core.models.evaluation import Evaluation
from sparklime_core.models.train import Model

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


def measures(model: Model) -> None:
    """Show a model's measures, and what people should know of its training."""
    metrics = model.metrics
    seen = "test row" if len(model.test_rows) else "row"
    st.caption(
        f"Measured on {count(metrics.test_rows, seen)}" + (" it has not seen" if seen == "test row" else "")
    )
    for note in model.notes:
        st.info(plain(f"{note[:1].upper()}{note[1:]}."), icon=":material/info:")
    with st.grid(4, min_column_width=140):
        for name, value in metrics.values.items():
            label, help_text = MEASURES.get(name, (name, None))
            st.metric(label, number(value), help=help_text, border=True)


def plots() -> None:
    """Show the plots of the session's model."""
    evaluation = workspace.evaluation()
    if evaluation is None or not len(evaluation.rows):
        return
    if evaluation.class_names is None:
        _of_numbers(evaluation)
    else:
        _of_classes(evaluation, evaluation.class_names)


def _of_classes(evaluation: Evaluation, names: tuple[str, ...]) -> None:
    st.markdown("## Where is it wrong?")
    counts = evaluation.confusion()
    draw(
        confusion_chart(counts),
        alt="Confusion matrix of the test rows: true class by predicted class",
    )
    st.markdown("## How far can its probabilities be trusted?")
    label = st.selectbox(
        "Class",
        range(len(names)),
        index=len(names) - 1,
        format_func=names.__getitem__,
        key="curve-class",
    )
    roc, curve = evaluation.roc(label), evaluation.precision_recall(label)
    if roc.empty or curve.empty:
        st.info("The test rows hold only this class, or no row of it.", icon=":material/info:")
        return
    name = names[label]
    with st.grid(3, min_column_width=280):
        with st.container():
            st.markdown(
                "ROC", help="True positives against false positives, by threshold; the dashed line is guessing."
            )
            draw(roc_chart(roc), alt=f"ROC curve of {name} against the rest")
        with st.container():
            st.markdown(
                "Precision by recall",
                help=(
                    "Precision: the share of rows predicted as the class that are right. Recall: the "
                    "share of the class's rows that are found."
                ),
            )
            draw(precision_recall_chart(curve), alt=f"Precision by recall of {name}")
        with st.container():
            st.markdown(
                "Calibration",
                help="On the dashed line, predictions with probability 0.7 are right in 7 of 10 rows.",
            )
            draw(calibration_chart(evaluation.calibration(label)), alt=f"Calibration of {name}")


def _of_numbers(evaluation: Evaluation) -> None:
    residuals = evaluation.residuals()
    with st.grid(2, min_column_width=320):
        with st.container():
            st.markdown("## How far off is it?")
            draw(predictions_chart(residuals), alt="Predicted against true values of the test rows")
        with st.container():
            st.markdown("## Residuals")
            draw(residuals_chart(residuals), alt="True minus predicted by predicted values of the test rows")
