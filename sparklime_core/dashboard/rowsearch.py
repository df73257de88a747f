"""The rows page's controls: which rows to list, in what order; and the run's rows as a table and as a plot."""

from typing import Any

import pandas as pd
import streamlit as st

from sparklime_core.charts.rows import OUTCOMES, PICK, fidelity_chart
from sparklime_core.dashboard import session
from sparklime_core.dashboard.results import PAGE_ROWS, PLOT_ROWS, files_version, rows_counted, rows_found
from sparklime_core.dashboard.selection import clicked_point, clicked_row, line_of
from sparklime_core.dashboard.text import count
from sparklime_core.runs.browse import Order, RowFilter
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.run import Run

ORDERS: dict[Order, str] = {
    "row": "row number",
    "error": "error of the model",
    "probability": "prediction",
    "score": "local R²",
    "weight": "strongest weight",
}
OUTCOME_NAMES = {"all": "all", "wrong": "wrong", "right": "right", "failed": "not explained"}
KEYS = ("outcome", "class", "test", "score", "feature", "low", "high", "reason")


def row_filter(manifest: Manifest) -> RowFilter:
    """Draw the filter and the order; return what they say."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        order: Order = st.selectbox(
            "Sort by",
            list(ORDERS),
            format_func=ORDERS.__getitem__,
            key="rows-order",
            persist_state="session",
            on_change=_usual_direction,
        )
        descending = st.toggle("Largest first", key="rows-descending", persist_state="session")
        with st.popover("Filter", icon=":material/filter_alt:"):
            values = _filter_widgets(manifest)
    return RowFilter(order=order, descending=descending, **values)


def rows_table(run: Run, manifest: Manifest, wanted: RowFilter) -> list[int]:
    """Draw the table of the rows; a click chooses one. Return the rows on this page of it."""
    regression = manifest.data["class_names"] is None
    seen = files_version(run)
    found = rows_counted(run.id, seen, wanted, regression)
    if not found:
        st.info("No row passes this filter.", icon=":material/filter_alt_off:")
        return []
    slot = st.container()
    pages = -(-found // PAGE_ROWS)
    with st.container(horizontal=True, vertical_alignment="center"):
        page = st.pagination(pages, key=f"page-{hash(wanted)}", max_visible_pages=5) if pages > 1 else 1
        st.caption(f"{count(found, 'row')} of {manifest.rows:,}", width="content")
    frame = rows_found(run.id, seen, wanted, regression, PAGE_ROWS, (page - 1) * PAGE_ROWS)
    row_ids = [int(row) for row in frame["row_id"]]
    chosen = _chosen_or_first(row_ids)
    event = slot.dataframe(
        _table(frame, manifest),
        key=f"rows-{run.id}-{hash((wanted, page, tuple(row_ids), session.anchor()))}",
        hide_index=True,
        height=470,
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": line_of(chosen, row_ids), "columns": [], "cells": []}},
        column_config=_columns(regression),
        alt="The explained rows; select one to see its explanation",
    )
    clicked = clicked_row(event.selection.rows, row_ids)
    if clicked is not None and clicked != chosen:
        session.choose_row(clicked, by_table=True)
    return row_ids


def rows_plot(run: Run, manifest: Manifest, wanted: RowFilter) -> list[int]:
    """Draw the rows as points; a click chooses one. Return the rows that are drawn."""
    regression = manifest.data["class_names"] is None
    frame = rows_found(run.id, files_version(run), wanted, regression, PLOT_ROWS, 0)
    points = frame[frame["error"].isna()].copy()
    if points.empty:
        st.info("No explained row passes this filter.", icon=":material/filter_alt_off:")
        return []
    points["truth"] = _truth(points, manifest)
    points["true_value"] = points["target"].astype(float)
    points["outcome"] = OUTCOMES[0] if regression else [OUTCOMES[int(bool(wrong))] for wrong in points["wrong"]]
    chosen = _chosen_or_first(list(points["row_id"]))
    kept = points[["row_id", "prediction", "score", "truth", "true_value", "outcome"]]
    event = st.altair_chart(
        fidelity_chart(kept, chosen, regression=regression, name=manifest.data["target"]),
        key=f"plot-{run.id}-{hash(wanted)}",
        on_select="rerun",
        selection_mode=[PICK],
        alt="Every row as a point: click one to see its explanation",
    )
    if len(frame) == PLOT_ROWS:
        st.caption(f"The first {PLOT_ROWS:,} rows of this order; filter to see others.")
    clicked = clicked_point(event.selection.get(PICK) or [])
    if clicked is not None and clicked != st.session_state.get("clicked-point"):
        st.session_state["clicked-point"] = clicked
        session.choose_row(clicked)
    return [int(row) for row in frame["row_id"]]


def _chosen_or_first(row_ids: list[int]) -> int | None:
    """Return the row that is looked at; when there is none yet, begin with the first."""
    if session.row_id() is None and row_ids:
        session.choose_row(int(row_ids[0]))
    return session.row_id()


def _filter_widgets(manifest: Manifest) -> dict[str, Any]:
    classes, features = manifest.data["class_names"], manifest.data["features"]
    outcomes = ["all", "failed"] if classes is None else list(OUTCOME_NAMES)
    outcome = st.segmented_control(
        "The model is", outcomes, format_func=OUTCOME_NAMES.__getitem__, **_kept("outcome"), default="all"
    )
    label = None
    if classes is not None:
        label = st.selectbox(
            "Predicted class",
            range(len(classes)),
            index=None,
            format_func=lambda index: classes[index],
            placeholder="any",
            **_kept("class"),
        )
    test_only = st.toggle("Only test rows (not seen in training)", **_kept("test"))
    least, most = st.slider("Local R²", 0.0, 1.0, (0.0, 1.0), 0.05, **_kept("score"))
    reason = st.selectbox("Strongest reason is about", features, index=None, placeholder="any", **_kept("reason"))
    feature = st.selectbox(
        "Value of",
        range(len(features)),
        index=None,
        format_func=lambda index: features[index],
        placeholder="any feature",
        **_kept("feature"),
    )
    low = high = None
    if feature is not None:
        with st.container(horizontal=True):
            low = st.number_input("from", value=None, placeholder="lowest", **_kept("low"))
            high = st.number_input("to", value=None, placeholder="highest", **_kept("high"))
    st.button("Reset", icon=":material/restart_alt:", on_click=_reset)
    return {
        "outcome": outcome or "all",
        "label": label,
        "test_only": test_only,
        "least_score": least if least > 0 else None,
        "most_score": most if most < 1 else None,
        "feature": feature,
        "low": low,
        "high": high,
        "top_feature": reason,
    }


def _kept(name: str) -> dict[str, Any]:
    return {"key": f"filter-{name}", "persist_state": "session"}


def _usual_direction() -> None:
    """Begin with the largest where these are what one looks for."""
    st.session_state["rows-descending"] = st.session_state["rows-order"] in ("error", "weight")


def _reset() -> None:
    for name in KEYS:
        st.session_state.pop(f"filter-{name}", None)


def _table(frame: pd.DataFrame, manifest: Manifest) -> pd.DataFrame:
    regression = manifest.data["class_names"] is None
    shown = pd.DataFrame({"row": frame["row_id"], "truth": _truth(frame, manifest)})
    if regression:
        shown["prediction"] = frame["prediction"]
        shown["distance"] = frame["distance"]
    else:
        shown["predicted"] = frame["label_name"]
        shown["prediction"] = frame["prediction"]
        shown["right"] = [None if pd.isna(wrong) else not wrong for wrong in frame["wrong"]]
    shown["score"] = frame["score"]
    shown["reason"] = frame["top_reason"].where(frame["error"].isna(), frame["error"])
    return shown


def _truth(frame: pd.DataFrame, manifest: Manifest) -> list[Any]:
    classes = manifest.data["class_names"]
    if classes is None:
        return [f"{value:.6g}" for value in frame["target"]]
    return [classes[int(code)] for code in frame["target"]]


def _columns(regression: bool) -> dict[str, Any]:
    column = st.column_config
    return {
        "row": column.NumberColumn("Row", format="%d", width=48, pinned=True),
        "truth": column.TextColumn("True", width=78),
        "predicted": column.TextColumn("Predicted", width=78),
        "prediction": column.NumberColumn(
            "Predicted" if regression else "Prob.", format="%.4g" if regression else "%.3f", width=62
        ),
        "distance": column.NumberColumn("Error", format="%.4g", width=70),
        "right": column.CheckboxColumn("Right", width=46),
        "score": column.NumberColumn("R²", format="%.2f", width=46, help="Local R² of the explanation"),
        "reason": column.TextColumn("Strongest reason"),
    }
