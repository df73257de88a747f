"""Rows like this one: with the same reasons, and with like values but other reasons."""

from typing import Any

import pandas as pd
import streamlit as st

from sparklime_core.dashboard.row_panel.context import RowContext
from sparklime_core.dashboard.shared import columns, session_state
from sparklime_core.dashboard.shared.run_cache import other_reasons, same_reasons
from sparklime_core.dashboard.shared.session_state import clicked_row
from sparklime_core.runs.query.similar import NEIGHBOURS

MOST = 8
"""Rows of each table."""


def draw_alike(row: RowContext) -> None:
    """Draw the two tables; a click on a line leads to its row."""
    st.markdown("**The same reasons**")
    st.caption(
        "Rows with the nearest explanation"
        + ("" if row.regression else " of the same class")
        + ". The distance is between the weights of all features; equal explanations have distance 0."
    )
    with st.spinner("Comparing with every explained row …"):
        _table(row, same_reasons(row.run, row.view.row_id, limit=MOST), "same", "Rows with the same reasons")
    st.markdown("**Similar values, different reasons**")
    st.caption(
        f"Of the {NEIGHBOURS} rows with the nearest values, those whose weights differ most: here the "
        "explanation changes within a small step. Distances of numbers are in standard deviations; "
        "another category counts 1." + _comparable(row)
    )
    with st.spinner("Looking for neighbours …"):
        _table(
            row,
            other_reasons(row.run, row.view.row_id, limit=MOST),
            "other",
            "Rows with similar values and different reasons",
        )


def _comparable(row: RowContext) -> str:
    classes = row.tables.dataset.class_names
    return " Only rows of the same predicted class." if classes is not None and len(classes) > 2 else ""


def _table(row: RowContext, found: pd.DataFrame, name: str, alt: str) -> None:
    if found.empty:
        st.info("No other explained row can be compared with this one.", icon=":material/search_off:")
        return
    row_ids = [int(other) for other in found["row_id"]]
    classes = row.tables.dataset.class_names
    shown = pd.DataFrame({"row": row_ids})
    if classes is not None:
        shown["predicted"] = found["label_name"]
    shown["prediction"] = found["prediction"]
    shown["truth"] = [row.tables.dataset.target_text(other) for other in row_ids]
    shown["apart"] = found["apart"]
    if "far" in found:
        shown["far"] = found["far"]
    shown["reason"] = found["top_reason"]
    event = st.dataframe(
        shown,
        key=f"alike-{name}-{row.run.id}-{row.view.row_id}",
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        column_config=_columns(row),
        alt=alt,
    )
    clicked = clicked_row(event.selection.rows, row_ids)
    if clicked is not None:
        session_state.choose_row(clicked)
        st.rerun(scope="fragment")


def _columns(row: RowContext) -> dict[str, Any]:
    column = st.column_config
    return {
        "row": columns.ROW,
        "predicted": columns.PREDICTED,
        "prediction": columns.prediction(row.run.predicted.noun, regression=row.regression),
        "truth": columns.TRUTH,
        "apart": column.NumberColumn("Reasons apart", format="%.3f", width=76, help="Distance of the weights"),
        "far": column.NumberColumn("Values apart", format="%.2f", width=76, help="Distance of the values"),
        "reason": columns.REASON,
    }
