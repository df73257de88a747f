"""The top of the row panel: what the model says of the row, in a sentence and a few badges."""

import streamlit as st

from sparklime_core.dashboard import session
from sparklime_core.dashboard.rowpanel.context import RowContext
from sparklime_core.dashboard.rowview import RowView, fidelity_words
from sparklime_core.dashboard.text import plain

FIT_HELP = (
    "Local R²: how much of the model's behaviour around this row the linear surrogate explains (1 is all). "
    "From 0.7 the fit is called good, from 0.4 fair, below that weak: then do not lean on the weights."
)


def sentence(row: RowContext) -> None:
    """Say what the model says, and what is true."""
    view = row.view
    predicted, truth = plain(view.predicted), plain(view.truth)
    if row.regression:
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


def badges(row: RowContext) -> None:
    """Show the few things that one looks for first."""
    view = row.view
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


def label_switch(view: RowView) -> None:
    """Let another of the row's explained classes be looked at."""
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
