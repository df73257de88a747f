"""The values of the compared rows, and where they differ."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from sparklime_core.dashboard.shared import columns
from sparklime_core.runs.row_view import RowView


def values_table(rows: Sequence[RowView], explanations: Sequence[Sequence[dict[str, Any]]]) -> None:
    """List the rows' values, those of the strongest weights first, and say where they differ."""
    strongest: dict[str, float] = {}
    for explanation in explanations:
        for entry in explanation:
            strongest[entry["feature"]] = max(strongest.get(entry["feature"], 0.0), abs(entry["weight"]))
    names = sorted(rows[0].values, key=lambda name: -strongest.get(name, 0.0))
    frame = pd.DataFrame({"feature": names})
    for row in rows:
        frame[f"Row {row.row_id}"] = [row.values[name] for name in names]
    frame.insert(1, "differ", [len({row.values[name] for row in rows}) > 1 for name in names])
    st.dataframe(
        frame,
        hide_index=True,
        height=min(38 + 35 * len(frame), 420),
        column_config={
            "feature": columns.FEATURE,
            "differ": st.column_config.CheckboxColumn("Differ", width=60, help="Do the rows' values differ?"),
        },
        alt="Values of the compared rows, strongest weights first",
    )
