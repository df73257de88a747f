"""The rows that are gathered for a comparison, and the way to it."""

import streamlit as st

from sparklime_core.dashboard.shared import session_state
from sparklime_core.dashboard.shared.navigation import COMPARE_ROWS
from sparklime_core.runs.run import Run


def comparison_tray(run: Run, chosen: int) -> None:
    """Show which rows are gathered for a comparison, and let the chosen one be added or taken away."""
    rows = session_state.compared()
    session_state.compare(rows)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="comparison-tray"):
        if chosen in rows:
            st.button(
                "In the comparison",
                icon=":material/check:",
                help="Remove this row from the comparison",
                key="uncompare",
                on_click=session_state.compare,
                args=([row for row in rows if row != chosen],),
            )
        else:
            st.button(
                "Add to comparison",
                icon=":material/add:",
                help=f"Compare up to {session_state.MOST_COMPARED} rows on one scale",
                disabled=len(rows) >= session_state.MOST_COMPARED,
                key="compare",
                on_click=session_state.compare,
                args=([*rows, chosen],),
            )
        if len(rows) > 1:
            query = {"run": run.id, "compare": "-".join(map(str, rows))}
            st.page_link(
                COMPARE_ROWS,
                label=f"Compare {len(rows)} rows",
                icon=":material/compare_arrows:",
                query_params=query,
            )
        elif rows and chosen not in rows:
            st.caption(f"with row {rows[0]}", width="content")
