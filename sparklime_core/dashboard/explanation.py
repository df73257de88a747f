"""The panel of one row: what the model says, why, and how far to trust the explanation."""

import streamlit as st

from sparklime_core.charts.classes import probabilities_chart
from sparklime_core.charts.palette import AGAINST, FOR
from sparklime_core.charts.weights import fold_weights, weights_chart
from sparklime_core.dashboard import session
from sparklime_core.dashboard.errors import show_error
from sparklime_core.dashboard.results import files_version, inputs_of, largest_bar, row_results
from sparklime_core.dashboard.rowview import RowView, classes_frame, fidelity_words, values_frame, view_row
from sparklime_core.dashboard.text import count, number, plain
from sparklime_core.data.dataset import Dataset
from sparklime_core.runs.inputs import Inputs
from sparklime_core.runs.run import Run

MOST_CLASSES = 6
"""Classes whose probability has a bar; the table of all is one click away."""

FIT_HELP = (
    "Local R²: how much of the model's behaviour around this row the linear surrogate explains (1 is all). "
    "From 0.7 the fit is called good, from 0.4 fair, below that weak: then do not lean on the weights."
)


def row_panel(run: Run, row_id: int) -> None:
    """Show a row of a run."""
    results = row_results(run.id, files_version(run), row_id)
    if not results:
        st.info(f"Row {row_id} has no explanation in this run (yet).", icon=":material/hourglass_empty:")
        return
    inputs = inputs_of(run.id)
    view = view_row(results, inputs.dataset, inputs.test_rows.tolist(), session.label())
    _sentence(view, inputs.dataset)
    if view.result["error"] is not None:
        show_error(f"This row could not be explained: {view.result['error']}.")
        _values(view)
        return
    _badges(view)
    _label_switch(view)
    _weights(run, view)
    _figures(view, inputs.dataset)
    if inputs.dataset.class_names is not None:
        _classes(view, inputs)
    _values(view)


def _sentence(view: RowView, dataset: Dataset) -> None:
    predicted, truth = plain(view.predicted), plain(view.truth)
    if dataset.class_names is None:
        text = f"The model predicts **{predicted}**; the true value is **{truth}**."
    else:
        certainty = (
            f" with probability {view.result['prediction']:.2f}"
            if view.result["prediction"] is not None and view.result["label_name"] == view.predicted
            else ""
        )
        verdict = f"right: it is **{truth}**" if view.right else f"wrong: it is **{truth}**"
        text = f"The model says **{predicted}**{certainty}. That is {verdict}."
    st.markdown(f"#### Row {view.row_id}")
    st.markdown(text)


def _badges(view: RowView) -> None:
    words, colour = fidelity_words(view.result["score"])
    with st.container(horizontal=True, gap="xsmall"):
        if view.right is not None:
            st.badge(
                "right" if view.right else "wrong",
                icon=":material/check:" if view.right else ":material/close:",
                color="green" if view.right else "red",
            )
        st.badge(words, icon=":material/straighten:", color=colour, help=FIT_HELP)  # type: ignore[arg-type]
        if view.unseen:
            st.badge("test row", icon=":material/visibility_off:", color="gray", help="Not seen in training.")
        else:
            st.badge(
                "training row",
                icon=":material/school:",
                color="gray",
                help="The model was trained on this row, so it is likely to be right about it.",
            )


def _label_switch(view: RowView) -> None:
    if len(view.labels) < 2:
        return
    names = dict(view.labels)
    labels = list(names)
    key = f"label-{view.row_id}-{view.result['label']}"
    st.selectbox(
        "Explained class",
        labels,
        index=labels.index(view.result["label"]),
        format_func=lambda label: names[label],
        key=key,
        on_change=lambda: session.choose_label(st.session_state[key]),
    )


def _weights(run: Run, view: RowView) -> None:
    explanation = view.result["explanation"]
    top = _top(len(explanation))
    bars = fold_weights(explanation, view.values, top)
    st.markdown(_legend(view))
    st.altair_chart(
        weights_chart(bars, largest_bar(run.id, files_version(run), top)),
        alt=f"Weights of the {len(explanation)} strongest conditions of row {view.row_id}",
        key="weights",
    )


def _legend(view: RowView) -> str:
    name = plain(view.result["label_name"])
    up, down = ("raises", "lowers") if view.right is None else ("speaks for", "speaks against")
    return f"{_square(FOR)} {up} **{name}** &nbsp; {_square(AGAINST)} {down} it"


def _square(colour: str) -> str:
    return f':color[■]{{foreground="{colour}"}}'


def _top(features: int) -> int:
    options = [top for top in (5, 10, 20) if top < features]
    if not options:
        return features
    chosen = st.segmented_control(
        "Bars shown",
        [*options, features],
        default=min(features, 10) if 10 in options else features,
        format_func=lambda top: "all" if top == features else str(top),
        key="top-bars",
        required=True,
    )
    return int(chosen or features)


def _figures(view: RowView, dataset: Dataset) -> None:
    result = view.result
    what = "the probability of this class" if dataset.class_names is not None else "the predicted value"
    with st.grid(4, min_column_width=90, gap="xsmall"):
        st.metric("Model", _number(result["prediction"]), help=f"What the model says: {what}.")
        st.metric(
            "Surrogate",
            _number(result["local_prediction"]),
            help="What LIME's linear surrogate says at this row. Close to the model's: the explanation fits here.",
        )
        st.metric("Local R²", _number(result["score"]), help=FIT_HELP)
        st.metric(
            "Intercept",
            _number(result["intercept"]),
            help="The surrogate's value where none of the conditions holds; weights add to it.",
        )


def _classes(view: RowView, inputs: Inputs) -> None:
    names = inputs.dataset.class_names or ()
    row = inputs.dataset.features[view.row_id : view.row_id + 1]
    probabilities = inputs.estimator.predict_proba(row)[0]
    st.markdown("**Class probabilities**")
    st.altair_chart(
        probabilities_chart(classes_frame(names, probabilities, int(view.result["label"]), MOST_CLASSES)),
        alt=f"Class probabilities of row {view.row_id}",
        key="classes",
    )
    if len(names) > MOST_CLASSES:
        st.caption(f"{count(len(names) - MOST_CLASSES, 'less probable class', 'less probable classes')} not shown")


def _values(view: RowView) -> None:
    with st.expander("Feature values of this row", icon=":material/list:"):
        st.dataframe(
            values_frame(view),
            hide_index=True,
            height=320,
            column_config={
                "feature": st.column_config.TextColumn("Feature"),
                "value": st.column_config.TextColumn("Value"),
                "condition": st.column_config.TextColumn("Condition in the explanation"),
                "weight": st.column_config.NumberColumn("Weight", format="%+.4f"),
            },
            alt=f"Feature values of row {view.row_id}",
        )


def _number(value: float | None) -> str:
    return "unknown" if value is None else number(value)
