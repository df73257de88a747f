"""The panel of one row: the prediction, its badges, a switch between the parts, and who explained the row."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from sparklime_core.dashboard.row_panel.context import (
    POOLS_NOW,
    PanelPart,
    RowContext,
    measured_now,
    nothing,
    prediction_span,
    row_probabilities,
)
from sparklime_core.dashboard.row_panel.trust import COLOURS, MEASURED_RUN, badge_words, rule_words
from sparklime_core.dashboard.row_panel.values import values_table
from sparklime_core.dashboard.shared import session_state
from sparklime_core.dashboard.shared.downloads import report_button
from sparklime_core.dashboard.shared.messages import plain, show_error
from sparklime_core.dashboard.shared.navigation import HELP
from sparklime_core.dashboard.shared.run_cache import explained_by, explanations_of, stability_of, tables_of
from sparklime_core.runs.row_view import RowView, have_predicted, row_sentences, row_verdict, view_row
from sparklime_core.runs.run import Run
from sparklime_core.wording import count, duration, executor_name, number

PARTS = (
    PanelPart("Why", "why:draw_why"),
    PanelPart("Values", "values:draw_values"),
    PanelPart("Trust", "trust:draw_trust"),
    PanelPart("How local?", "locality:draw_locality", opens_model=True),
    PanelPart("SHAP", "shap_panel:draw_shap", opens_model=True),
    PanelPart("What if", "what_if:draw_whatif", opens_model=True),
    PanelPart("Nearest change", "nearest_changes:draw_nearest_changes", opens_model=True),
    PanelPart("Alike", "similar_rows:draw_alike"),
    PanelPart("Classes", "classes:draw_classes", lambda row: not row.regression, opens_model=True),
)
"""What the panel can show, in the order of its switch."""


def _sentence(row: RowContext) -> None:
    """Show the prediction, the truth, and the explained class."""
    st.markdown(f"## Row {row.view.row_id}")
    said = row_sentences(row.view, lambda text: f"**{plain(text)}**")
    st.markdown(" ".join([*said, *_explained_class(row.view, row.run.predicted.noun)]))


def _explained_class(view: RowView, noun: str) -> list[str]:
    """Return the explained class in words if it is not the predicted one, or its output is no probability."""
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


def _fit_sentence(row: RowContext) -> None:
    """Show how much of the model's variation around the row the explanation accounts for."""
    profile_score = row.view.result.get("profile_score")
    if profile_score is not None:
        features = count(len(row.view.result["explanation"]), "feature")
        st.markdown(
            f"Its {features} account for **{profile_score:.0%}** of the model's variation around this row."
        )


def _badges(row: RowContext) -> None:
    """Show the outcome, the trust, and whether it is a test row."""
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


def _label_switch(view: RowView) -> None:
    """Draw the choice between the row's explained classes."""
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


def _who_explained(found: Mapping[str, Any] | None) -> None:
    """Show which executor explained the row, when, and in how long."""
    st.caption(":material/lan: " + origin_words(found))


def origin_words(found: Mapping[str, Any] | None) -> str:
    """Return a block of `WORK_SCHEMA` in a sentence."""
    if found is None:
        return "Which executor explained this row is not recorded in this run."
    rows = found["last_row"] - found["first_row"] + 1
    attempt = f", attempt {found['attempt'] + 1}" if found["attempt"] else ""
    each = f" ({number(1e3 * found['seconds'] / rows)} ms per row)" if rows > 1 else ""
    executor, host = plain(executor_name(found["executor"])), plain(found["host"])
    return (
        f"Explained by {executor} on {host}, process {found['pid']}, at {found['started']:%Y-%m-%d %H:%M:%S} UTC, "
        f"in a block of rows {found['first_row']:,} to {found['last_row']:,} that took "
        f"{duration(found['seconds'])}{each}; wave {found['wave']}, partition {found['partition']}{attempt}."
    )


def row_panel(run: Run, row_id: int) -> Callable[[], None]:
    """Show a row of a run; return what draws the rest of it, which may take seconds."""
    results = explanations_of(run, row_id)
    if not results:
        st.info(f"Row {row_id} has no explanation in this run (yet).", icon=":material/hourglass_empty:")
        return nothing
    row, rest = _context(run, results), nothing
    _sentence(row)
    if row.view.result["error"] is not None:
        show_error(f"This row could not be explained: {row.view.result['error']}.")
        values_table(row)
    else:
        _fit_sentence(row)
        _badges(row)
        _label_switch(row.view)
        rest = _chosen_part(row).draw(row)
    _who_explained(explained_by(run, row_id))
    with st.container(horizontal=True, vertical_alignment="center"):
        report_button(run, row_id)
        st.page_link(HELP, label="How to read an explanation", icon=":material/help:")
    return rest


def _context(run: Run, results: Sequence[Mapping[str, Any]]) -> RowContext:
    tables, row_id = tables_of(run), int(results[0]["row_id"])
    probabilities = None if have_predicted(results, run.explain) else row_probabilities(run, row_id)
    view = view_row(results, tables.dataset, tables.test_rows, session_state.label(), probabilities=probabilities)
    measured, pools = stability_of(run, row_id), run.manifest().stability
    if not measured and st.session_state.get(MEASURED_RUN) == run.id and view.result["error"] is None:
        measured, pools = measured_now(run, row_id), POOLS_NOW
    stability = next((found for found in measured if found["label"] == view.result["label"]), None)
    verdict = row_verdict(view.result, stability, prediction_span(run))
    return RowContext(run, tables, results, view, stability, pools, verdict)


def _chosen_part(row: RowContext) -> PanelPart:
    parts = {part.name: part for part in PARTS if part.serves(row)}
    name = st.segmented_control(
        "What to show of the row",
        list(parts),
        default=next(iter(parts)),
        key="row-part",
        bind="query-params",
        required=True,
        label_visibility="collapsed",
        wrap=True,
    )
    return parts[str(name)]
