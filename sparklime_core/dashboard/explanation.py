"""The panel of one row: what the model says, why, and how far to trust the explanation."""

import streamlit as st

from sparklime_core.dashboard import session
from sparklime_core.dashboard.errors import show_error
from sparklime_core.dashboard.results import files_version, inputs_of, row_results
from sparklime_core.dashboard.rowpanel.alike import draw_alike
from sparklime_core.dashboard.rowpanel.context import Part, RowContext
from sparklime_core.dashboard.rowpanel.header import badges, label_switch, sentence
from sparklime_core.dashboard.rowpanel.values import draw_values
from sparklime_core.dashboard.rowpanel.whatif import draw_whatif
from sparklime_core.dashboard.rowpanel.why import draw_why
from sparklime_core.dashboard.rowview import view_row
from sparklime_core.runs.run import Run

PARTS = (
    Part("Why", draw_why),
    Part("Values", draw_values),
    Part("What if", draw_whatif),
    Part("Alike", draw_alike),
)
"""What the panel can show, in the order of its switch. Only the part that is looked at is computed."""


def row_panel(run: Run, row_id: int) -> None:
    """Show a row of a run."""
    results = row_results(run.id, files_version(run), row_id)
    if not results:
        st.info(f"Row {row_id} has no explanation in this run (yet).", icon=":material/hourglass_empty:")
        return
    inputs = inputs_of(run.id)
    view = view_row(results, inputs.dataset, inputs.test_rows, session.label())
    row = RowContext(run, inputs, results, view)
    sentence(row)
    if view.result["error"] is not None:
        show_error(f"This row could not be explained: {view.result['error']}.")
        draw_values(row)
        return
    badges(row)
    label_switch(view)
    _chosen_part(row).draw(row)


def _chosen_part(row: RowContext) -> Part:
    parts = {part.name: part for part in PARTS if part.serves(row)}
    name = st.segmented_control(
        "What to show of the row",
        list(parts),
        default=next(iter(parts)),
        key="row-part",
        persist_state="session",
        required=True,
        label_visibility="collapsed",
    )
    return parts[str(name)]
