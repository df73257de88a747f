"""The panel of one row: what the model says, why, and how far to trust the explanation."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from sparklime_core.dashboard.row_panel.context import PanelPart, RowContext
from sparklime_core.dashboard.row_panel.header import badges, fit_sentence, label_switch, sentence, who_explained
from sparklime_core.dashboard.row_panel.row_facts import (
    POOLS_NOW,
    measured_now,
    prediction_span,
    row_probabilities,
)
from sparklime_core.dashboard.row_panel.trust import MEASURED_RUN
from sparklime_core.dashboard.row_panel.values import values_table
from sparklime_core.dashboard.shared import session_state
from sparklime_core.dashboard.shared.downloads import report_button
from sparklime_core.dashboard.shared.errors import show_error
from sparklime_core.dashboard.shared.navigation import HELP
from sparklime_core.dashboard.shared.run_cache import explained_by, explanations_of, stability_of, tables_of
from sparklime_core.runs.row_view import have_predicted, row_verdict, view_row
from sparklime_core.runs.run import Run

PARTS = (
    PanelPart("Why", "why:draw_why"),
    PanelPart("Values", "values:draw_values"),
    PanelPart("Trust", "trust:draw_trust"),
    PanelPart("How local?", "locality:draw_locality"),
    PanelPart("SHAP", "shap_panel:draw_shap"),
    PanelPart("What if", "what_if:draw_whatif"),
    PanelPart("Nearest change", "nearest_changes:draw_nearest_changes"),
    PanelPart("Alike", "similar_rows:draw_alike"),
    PanelPart("Classes", "classes:draw_classes", lambda row: not row.regression),
)
"""What the panel can show, in the order of its switch."""


def row_panel(run: Run, row_id: int) -> None:
    """Show a row of a run."""
    results = explanations_of(run, row_id)
    if not results:
        st.info(f"Row {row_id} has no explanation in this run (yet).", icon=":material/hourglass_empty:")
        return
    row = _context(run, results)
    sentence(row)
    if row.view.result["error"] is not None:
        show_error(f"This row could not be explained: {row.view.result['error']}.")
        values_table(row)
    else:
        fit_sentence(row)
        badges(row)
        label_switch(row.view)
        _chosen_part(row).draw(row)
    who_explained(explained_by(run, row_id))
    with st.container(horizontal=True, vertical_alignment="center"):
        report_button(run, row_id)
        st.page_link(HELP, label="How to read an explanation", icon=":material/help:")


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
