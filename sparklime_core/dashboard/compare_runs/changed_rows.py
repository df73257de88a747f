"""The rows that changed most between two runs."""

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from sparklime_core.dashboard.compare_runs.agreement import DISTANCE_HELP, OVERLAP_HELP
from sparklime_core.dashboard.shared import columns
from sparklime_core.dashboard.shared.run_cache import PAGE_ROWS
from sparklime_core.dashboard.shared.selection import clicked_row
from sparklime_core.dashboard.shared.text import plain
from sparklime_core.runs.query.compare import (
    CompareOrder,
    Comparison,
    compare_rows,
)

ORDERS: dict[CompareOrder, str] = {
    "distance": "distance of the weights",
    "overlap": "least overlap",
    "row": "row number",
}


def changed_rows(path: Path, found: Comparison, target: str) -> int | None:
    """Draw the rows that changed most; return the one that is selected."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        order: CompareOrder = st.selectbox(
            "Sort by", list(ORDERS), format_func=ORDERS.__getitem__, key="compare-order", width=220
        )
        only = found.changed is not None and st.toggle("Only rows whose class changed", key="compare-changed")
    rows = found.changed or 0 if only else found.rows
    if not rows:
        st.info("No row changed its predicted class.", icon=":material/equal:")
        return None
    pages = -(-rows // PAGE_ROWS)
    page = st.pagination(pages, key=f"compare-page-{order}-{only}", max_visible_pages=5) if pages > 1 else 1
    frame = compare_rows(path, order=order, changed_only=only, limit=PAGE_ROWS, offset=(page - 1) * PAGE_ROWS)
    event = st.dataframe(
        _table(frame, found),
        key=f"compared-{path.stem}-{order}-{only}-{page}",
        hide_index=True,
        height=430,
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": [0], "columns": [], "cells": []}},
        column_config=_columns(target),
        alt="Rows that both runs explained; select one to see both explanations",
    )
    return clicked_row(event.selection.rows, [int(row) for row in frame["row_id"]])


def _table(frame: pd.DataFrame, found: Comparison) -> pd.DataFrame:
    kind = "prediction" if found.changed is None else "predicted"
    shown = ["row_id", "distance", "overlap", f"first_{kind}", f"second_{kind}", "first_score", "second_score"]
    return frame[[*shown, *([] if found.changed is None else ["changed"])]]


def _columns(target: str) -> dict[str, Any]:
    column = st.column_config
    about = plain(target)
    return {
        "row_id": columns.ROW,
        "distance": column.NumberColumn("Distance", format="%.4g", help=DISTANCE_HELP),
        "overlap": columns.score("Overlap", help=OVERLAP_HELP),
        "first_predicted": column.TextColumn("First", help=f"{about}, predicted by the first run's model"),
        "second_predicted": column.TextColumn("Second", help=f"{about}, predicted by the second run's model"),
        "first_prediction": column.NumberColumn("First", format="%.4g"),
        "second_prediction": column.NumberColumn("Second", format="%.4g"),
        "first_score": columns.score("R² first"),
        "second_score": columns.score("R² second"),
        "changed": column.CheckboxColumn("Class changed"),
    }
