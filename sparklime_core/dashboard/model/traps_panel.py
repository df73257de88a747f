"""Leaks and other traps of the trained model, each with the way to its column or rows, and the way out."""

import streamlit as st

from sparklime_core.dashboard.shared import workspace
from sparklime_core.dashboard.shared.errors import shown_errors
from sparklime_core.dashboard.shared.navigation import DATA
from sparklime_core.dashboard.shared.text import count, plain
from sparklime_core.data.dataset import Dataset
from sparklime_core.models.settings import ModelSettings
from sparklime_core.models.train import Model
from sparklime_core.models.traps.evidence import Trap

CHANGED = {
    "min_samples_leaf": "Train again with at least {} rows in a leaf",
    "class_weight": "Train again with more weight on rare classes",
}
"""What the button says that trains with another setting."""


def traps_panel(model: Model, dataset: Dataset) -> None:
    """Show what was found; without a trap, what was looked for."""
    traps = workspace.traps()
    if not traps:
        st.caption(
            "No trap was found. No single column predicts the target, and no identifier carries weight. "
            "The model is better than none, and about as good on test rows as on training rows. No test "
            "row is also a training row, and each class is learnt and predicted."
        )
        return
    st.markdown(f"## Before you believe it: {count(len(traps), 'trap')}")
    for place, trap in enumerate(traps):
        with st.container(border=True):
            st.markdown(f":orange[:material/warning:] {plain(trap.sentence)}")
            with shown_errors():
                _ways_out(model, trap, place)
            if trap.rows:
                _rows(dataset, trap)


def _ways_out(model: Model, trap: Trap, place: int) -> None:
    """Draw the way to the column, and the buttons that train again."""
    if trap.column is None and (trap.settings is None or model.trained_elsewhere):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        settings = trap.settings or model.settings
        label = _label(model.settings, trap)
        if not model.trained_elsewhere and st.button(label, icon=":material/refresh:", key=f"trap-{place}"):
            with st.spinner("Training …", show_time=True):
                workspace.train_again(settings, trap.column)
            st.rerun()
        if trap.column is not None:
            st.page_link(DATA, label="Its role", icon=":material/table:")


def _label(settings: ModelSettings, trap: Trap) -> str:
    if trap.settings is None:
        return "Leave it out and train again"
    changed = next(name for name in CHANGED if getattr(trap.settings, name) != getattr(settings, name))
    return CHANGED[changed].format(getattr(trap.settings, changed))


def _rows(dataset: Dataset, trap: Trap) -> None:
    with st.expander(f"The rows ({len(trap.rows)})", icon=":material/table_rows:"):
        lines = [
            {"row": row, dataset.target_name: dataset.target_text(row), **dataset.values_of(row)}
            for row in trap.rows
        ]
        st.dataframe(lines, hide_index=True, alt="Rows of this trap")
