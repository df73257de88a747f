"""A card for each compared row: what the model says of it."""

from collections.abc import Sequence

import streamlit as st

from sparklime_core.dashboard.row_panel.row_frames import fit_badge
from sparklime_core.dashboard.shared import session_state
from sparklime_core.dashboard.shared.errors import show_error
from sparklime_core.dashboard.shared.navigation import ROWS
from sparklime_core.dashboard.shared.text import plain
from sparklime_core.runs.inputs import Inputs
from sparklime_core.runs.row_view import RowView
from sparklime_core.runs.run import Run


def row_cards(run: Run, inputs: Inputs, rows: Sequence[int], views: Sequence[RowView]) -> None:
    """Say of each row what the model says of it; a row leaves the comparison here."""
    found = {view.row_id: view for view in views}
    with st.grid(max(len(rows), 1), min_column_width=200, gap="small"):
        for row in rows:
            with st.container(border=True, height="stretch"):
                with st.container(horizontal=True, vertical_alignment="center"):
                    st.page_link(
                        ROWS,
                        label=f"Row {row}",
                        icon=":material/troubleshoot:",
                        query_params={"run": run.id, "row": str(row), "compare": "-".join(map(str, rows))},
                    )
                    st.button(
                        "Remove",
                        key=f"take-away-{row}",
                        icon=":material/close:",
                        type="tertiary",
                        help="Remove this row from the comparison",
                        on_click=session_state.compare,
                        args=([other for other in rows if other != row],),
                    )
                if row in found:
                    _card(inputs, found[row])
                else:
                    st.caption("This row has no explanation in this run (yet).")


def _card(inputs: Inputs, view: RowView) -> None:
    if view.result["error"] is not None:
        show_error(f"This row could not be explained: {view.result['error']}.")
        return
    predicted, truth = plain(view.predicted), plain(view.truth or "unknown")
    if inputs.dataset.class_names is None:
        st.markdown(f"Predicted **{predicted}**, true value **{truth}**")
    else:
        st.markdown(f"**{predicted}** ({view.result['prediction']:.2f}), true class **{truth}**")
    words, colour = fit_badge(view.fit)
    with st.container(horizontal=True, gap="xsmall"):
        if view.right is not None:
            st.badge("right" if view.right else "wrong", color="green" if view.right else "red")
        st.badge(f"{words}, {view.fit:.2f}", color=colour)  # type: ignore[arg-type]
