"""A model's quality: measures and plots on its test rows, and the traps of its training."""

import streamlit as st

from sparklime_core.charts.model import (
    calibration_chart,
    confusion_chart,
    precision_recall_chart,
    predictions_chart,
    residuals_chart,
    roc_chart,
)
from sparklime_core.dashboard.shared import workspace
from sparklime_core.dashboard.shared.elements import draw
from sparklime_core.dashboard.shared.messages import plain, shown_errors
from sparklime_core.dashboard.shared.navigation import DATA
from sparklime_core.data.dataset import Dataset
from sparklime_core.models.evaluation import Evaluation
from sparklime_core.models.settings import ModelSettings
from sparklime_core.models.train import Model
from sparklime_core.models.traps.evidence import Trap
from sparklime_core.models.traps.precision_traps import OF_TREES
from sparklime_core.wording import count, number

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
    "baseline_mae": (
        "MAE without a model",
        "Mean absolute error of always predicting the training rows' median.",
    ),
    "baseline_rmse": (
        "RMSE without a model",
        "Root mean squared error of always predicting the training rows' mean.",
    ),
}
"""Name and meaning of each measure of `Metrics`."""

CHANGED = {
    "min_samples_leaf": "Train again with at least {} rows in a leaf",
    "class_weight": "Train again with more weight on rare classes",
}
"""What the button says that trains with another setting."""


def measures(model: Model) -> None:
    """Show a model's measures, and the notes on its training."""
    metrics = model.metrics
    seen = "test row" if len(model.test_rows) else "row"
    st.caption(
        f"Measured on {count(metrics.test_rows, seen)}" + (" it has not seen" if seen == "test row" else "")
    )
    for note in model.notes:
        st.info(plain(f"{note[:1].upper()}{note[1:]}."), icon=":material/info:")
    with st.grid(4, min_column_width=200):
        for name, value in metrics.values.items():
            label, help_text = MEASURES.get(name, (name, None))
            st.metric(label, number(value), help=help_text, border=True)


def plots() -> None:
    """Show the plots of the session's model."""
    evaluation = workspace.evaluation()
    if evaluation is None or not len(evaluation.rows):
        return
    if evaluation.class_names is None:
        _number_plots(evaluation)
    else:
        _class_plots(evaluation, evaluation.class_names)


def _class_plots(evaluation: Evaluation, names: tuple[str, ...]) -> None:
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


def _number_plots(evaluation: Evaluation) -> None:
    residuals = evaluation.residuals()
    with st.grid(2, min_column_width=320):
        with st.container():
            st.markdown("## How far off is it?")
            draw(predictions_chart(residuals), alt="Predicted against true values of the test rows")
        with st.container():
            st.markdown("## Residuals")
            draw(residuals_chart(residuals), alt="True minus predicted by predicted values of the test rows")


def traps_panel(model: Model, dataset: Dataset) -> None:
    """Show the traps that were found; without any, what was checked."""
    traps = workspace.traps()
    if not traps:
        st.caption(_what_was_checked(model, dataset))
        return
    st.markdown(f"## Before you believe it: {count(len(traps), 'trap')}")
    for place, trap in enumerate(traps):
        with st.container(border=True):
            st.markdown(f":orange[:material/warning:] {plain(trap.sentence)}")
            with shown_errors():
                _ways_out(model, trap, place)
            if trap.rows:
                _trap_rows(dataset, trap)


def _what_was_checked(model: Model, dataset: Dataset) -> str:
    sought = ["a column that predicts the target alone", "an identifier that carries weight", "scores of guessing"]
    if isinstance(model.estimator, OF_TREES):
        sought.append("numbers that trees cannot tell apart")
    if len(model.test_rows):
        sought += ["test rows that are training rows", "scores that fall on test rows"]
    if dataset.class_names is not None:
        sought.append("classes of few rows, or that are never predicted")
    return f"No trap was found. Looked for: {', '.join(sought)}."


def _ways_out(model: Model, trap: Trap, place: int) -> None:
    """Draw the way to the column, and the buttons that train again."""
    if trap.column is None and (trap.settings is None or model.trained_elsewhere):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        settings = trap.settings or model.settings
        label = _button_label(model.settings, trap)
        if not model.trained_elsewhere and st.button(label, icon=":material/refresh:", key=f"trap-{place}"):
            with st.spinner("Training …", show_time=True):
                workspace.train_again(settings, trap.column)
            st.rerun()
        if trap.column is not None:
            st.page_link(DATA, label="Its role", icon=":material/table:")


def _button_label(settings: ModelSettings, trap: Trap) -> str:
    if trap.settings is None:
        return "Leave it out and train again"
    changed = next(name for name in CHANGED if getattr(trap.settings, name) != getattr(settings, name))
    return CHANGED[changed].format(getattr(trap.settings, changed))


def _trap_rows(dataset: Dataset, trap: Trap) -> None:
    with st.expander(f"The rows ({len(trap.rows)})", icon=":material/table_rows:"):
        lines = [
            {"row": row, dataset.target_name: dataset.target_text(row), **dataset.values_of(row)}
            for row in trap.rows
        ]
        st.dataframe(lines, hide_index=True, alt="Rows of this trap")
