"""The frame of the row panel: what the model says, in a sentence and a few badges; and who explained the row."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from sparklime_core.dashboard.row_panel.context import RowContext
from sparklime_core.dashboard.row_panel.trust_words import COLOURS, badge_words, rule_words
from sparklime_core.dashboard.shared import session_state
from sparklime_core.dashboard.shared.text import count, duration, executor_name, number, plain
from sparklime_core.runs.row_view import RowView, row_sentences


def sentence(row: RowContext) -> None:
    """Say what the model says, what is true, and what is explained."""
    st.markdown(f"## Row {row.view.row_id}")
    said = row_sentences(row.view, lambda text: f"**{plain(text)}**")
    st.markdown(" ".join([*said, *_explained_class(row.view, row.run.predicted.noun)]))


def _explained_class(view: RowView, noun: str) -> list[str]:
    """Name the class that is explained, where that is not the predicted one; and what of it, if no probability."""
    name, prediction = str(view.result["label_name"]), view.result["prediction"]
    if view.is_regression or view.result["label"] is None:
        return []
    if noun != "probability":
        size = "" if prediction is None else f", {prediction:.2f}"
        return [f"Explained below are the {noun} of **{plain(name)}**{size}."]
    if name == view.predicted:
        return []
    chance = "" if prediction is None else f", with probability {prediction:.2f}"
    return [f"Explained below is **{plain(name)}**{chance}."]


def fit_sentence(row: RowContext) -> None:
    """Say how much of the model's behaviour around the row the explanation accounts for."""
    profile_score = row.view.result.get("profile_score")
    if profile_score is not None:
        features = count(len(row.view.result["explanation"]), "feature")
        st.markdown(
            f"Its {features} account for **{profile_score:.0%}** of the model's variation around this row."
        )


def badges(row: RowContext) -> None:
    """Show the few things that one looks for first."""
    view = row.view
    with st.container(horizontal=True, gap="xsmall"):
        if view.right is not None:
            st.badge(
                "right" if view.right else "wrong",
                icon=":material/check:" if view.right else ":material/close:",
                color="green" if view.right else "red",
            )
        st.badge(
            badge_words(row.verdict),
            icon=":material/verified_user:",
            color=COLOURS[row.verdict.level],  # type: ignore[arg-type]
            help=rule_words(),
        )
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
        on_change=lambda: session_state.choose_label(st.session_state[key]),
    )


def who_explained(found: Mapping[str, Any] | None) -> None:
    """Say which executor explained the row, when, and in how long."""
    st.caption(":material/lan: " + origin_words(found))


def origin_words(found: Mapping[str, Any] | None) -> str:
    """Tell a block of the work's schema in a sentence."""
    if found is None:
        return "Which executor explained this row is not recorded in this run."
    rows = found["last_row"] - found["first_row"] + 1
    attempt = f", attempt {found['attempt'] + 1}" if found["attempt"] else ""
    each = f" ({number(1e3 * found['seconds'] / rows)} ms a row)" if rows > 1 else ""
    executor, host = plain(executor_name(found["executor"])), plain(found["host"])
    return (
        f"Explained by {executor} on {host}, process {found['pid']}, at {found['started']:%Y-%m-%d %H:%M:%S} UTC, "
        f"in a block of rows {found['first_row']:,} to {found['last_row']:,} that took "
        f"{duration(found['seconds'])}{each}; wave {found['wave']}, partition {found['partition']}{attempt}."
    )
