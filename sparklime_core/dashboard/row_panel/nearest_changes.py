"""What would have to change? The fewest and smallest changes with which the model says something else."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from sparklime_core.dashboard.row_panel.context import RowContext
from sparklime_core.dashboard.shared.elements import download_button
from sparklime_core.dashboard.shared.messages import plain, shown_errors
from sparklime_core.dashboard.shared.run_cache import nearest_changes_of
from sparklime_core.explain.nearest_changes import Wanted
from sparklime_core.explain.types import FloatArray
from sparklime_core.jobs.nearest_changes import NearestChanges
from sparklime_core.runs.query.export import csv_bytes
from sparklime_core.wording import count, number

ANY = -1
MOST_ROWS = 500

COLUMNS: dict[str, Any] = {
    "row": "Row",
    "now": "The model predicts",
    "then": "New prediction",
    "changed": st.column_config.NumberColumn("Changes", width=80),
    "change": st.column_config.TextColumn("Necessary changes", width="large"),
    "distance": st.column_config.NumberColumn("Distance", format="%.2f", width=90),
}


def draw_nearest_changes(row: RowContext) -> None:
    """Draw the question, the changes of this row, and on request those of many rows."""
    st.caption(
        "The fewest and smallest changes, within observed values, that change the model's prediction; "
        "the model was asked about each. This is about the model, not the world: in reality, such a "
        "change may have no effect."
    )
    with shown_errors():
        search = nearest_changes_of(row.run)
        wanted = _wanted(row, search)
        locked = st.multiselect(
            "Locked features",
            row.tables.dataset.feature_names,
            default=search.usually_locked,
            key="change-locked",
            persist_state="session",
            help=(
                "Features that nobody can change, such as age. Parts of a date are locked unless you free them."
            ),
        )
        _changes(row, search, wanted, locked)
        with st.expander("For many rows", icon=":material/table_rows:"):
            _many(row, search, wanted, locked)


def _wanted(row: RowContext, search: NearestChanges) -> Wanted:
    names = row.tables.dataset.class_names
    if names is not None:
        texts = {ANY: "any other class", **dict(enumerate(names))}
        label = st.selectbox(
            "Wanted class",
            list(texts),
            format_func=texts.__getitem__,
            key="change-label",
            persist_state="session",
        )
        return Wanted(label=None if label == ANY else int(label))
    left, right = st.columns(2)
    above = left.segmented_control(
        "Wanted prediction",
        ["above", "below"],
        default="above",
        key="change-side",
        persist_state="session",
        required=True,
    )
    step = 0.1 * row.tables.learnt_from.prediction_span * (1 if above == "above" else -1)
    bound = float(f"{_now(row, search)[0] + step:.4g}")
    bound = right.number_input("this", value=bound, format="%g", key=f"change-bound-{row.view.row_id}-{above}")
    return Wanted(above=bound) if above == "above" else Wanted(below=bound)


def _now(row: RowContext, search: NearestChanges) -> FloatArray:
    now: FloatArray = search.predict(row.tables.dataset.features[[row.view.row_id]].astype(np.float64))[0]
    return now


def _changes(row: RowContext, search: NearestChanges, wanted: Wanted, locked: Sequence[str]) -> None:
    with st.spinner("Asking the model …"):
        found = search.find(row.view.row_id, wanted, locked)
    if not found:
        now = _now(row, search)
        none = (
            "No change of up to three features gives this prediction. Others may exist: unlock "
            "features, or try values in What if."
        )
        says_so = wanted.lack(now[None], now)[0] < 0
        st.info("The model predicts this already." if says_so else none, icon=":material/search_off:")
    for change in found:
        with st.container(border=True):
            for name, before, after in search.words(row.view.row_id, change):
                st.markdown(f"**{plain(name)}**: {plain(before)} → **{plain(after)}**")
            st.caption(
                f"{count(len(change.features), 'change')}, distance {number(change.distance)}; the model "
                f"then predicts {plain(search.prediction_text(change.predicted))}"
            )


def _many(row: RowContext, search: NearestChanges, wanted: Wanted, locked: Sequence[str]) -> None:
    ids = row.tables.row_ids[row.tables.row_ids >= row.view.row_id]
    wished = st.number_input(
        "Number of rows, from this row on",
        1,
        min(MOST_ROWS, len(ids)),
        min(20, len(ids)),
        key=f"change-rows-{row.view.row_id}",
    )
    if not st.button("Find their changes", icon=":material/search:", key="change-many"):
        return
    with st.spinner("Asking the model about each row …", show_time=True):
        table = search.table(ids[: int(wished)].tolist(), wanted, locked)
    found = table.num_rows - table["change"].null_count
    st.caption(
        f"For {found} of {count(table.num_rows, 'row')} a change was found; the table has the nearest per row."
    )
    st.dataframe(table, hide_index=True, column_config=COLUMNS, alt="Nearest change per row")
    download_button("Changes as CSV", lambda: csv_bytes(table), "nearest-changes.csv", "download")
