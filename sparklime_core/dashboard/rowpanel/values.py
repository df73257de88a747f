"""The row's values: every feature, and the condition that the explanation makes of it."""

import streamlit as st

from sparklime_core.dashboard.rowpanel.context import RowContext
from sparklime_core.dashboard.rowview import values_frame


def draw_values(row: RowContext) -> None:
    """List the row's features, those of the explanation first."""
    st.dataframe(
        values_frame(row.view),
        hide_index=True,
        height=320,
        column_config={
            "feature": st.column_config.TextColumn("Feature"),
            "value": st.column_config.TextColumn("Value"),
            "condition": st.column_config.TextColumn("Condition in the explanation"),
            "weight": st.column_config.NumberColumn("Weight", format="%+.4f"),
        },
        alt=f"Feature values of row {row.view.row_id}",
    )
