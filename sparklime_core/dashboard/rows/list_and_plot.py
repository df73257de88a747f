"""The rows of a run that pass the filter, as a table and as a plot; a click on either chooses a row."""

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from sparklime_core.charts.scatter import OUTCOMES, PICKED_ROW, fidelity_chart
from sparklime_core.dashboard.shared import columns, session_state
from sparklime_core.dashboard.shared.elements import draw
from sparklime_core.dashboard.shared.messages import plain
from sparklime_core.dashboard.shared.run_cache import (
    PAGE_ROWS,
    PLOT_ROWS,
    count_found,
    density,
    find_rows,
    place_of,
    sample_points,
)
from sparklime_core.dashboard.shared.session_state import clicked_point, clicked_row, line_of
from sparklime_core.explain.trust import FIT
from sparklime_core.runs.facts import Predicted
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.run import Run
from sparklime_core.wording import count


def first_row(run: Run, wanted: RowFilter) -> int | None:
    """Return the first row that passes the filter; None when none does."""
    frame = find_rows(run, wanted, limit=PAGE_ROWS, offset=0)  # what the table asks for, which is then kept
    return None if frame.empty else int(frame["row_id"].iloc[0])


def rows_table(run: Run, manifest: Manifest, wanted: RowFilter) -> int:
    """Draw the table of the rows; a click chooses one. Return how many rows pass the filter."""
    found = count_found(run, wanted)
    if not found:
        st.info("No row passes this filter.", icon=":material/filter_alt_off:")
        return 0
    slot = st.container()
    pages = -(-found // PAGE_ROWS)
    with st.container(horizontal=True, vertical_alignment="center"):
        page = _page(run, wanted, pages) if pages > 1 else 1
        st.caption(f"{count(found, 'row')} of {manifest.rows:,}", width="content")
    frame = find_rows(run, wanted, limit=PAGE_ROWS, offset=(page - 1) * PAGE_ROWS)
    row_ids = [int(row) for row in frame["row_id"]]
    chosen = session_state.row_id()
    key = f"rows-{run.id}-{hash((wanted, page, tuple(row_ids), session_state.anchor()))}"
    slot.dataframe(
        _table(frame, manifest, wanted),
        key=key,
        hide_index=True,
        height=470,
        on_select=partial(_take_line, key, row_ids),
        selection_mode="single-row",
        selection_default={"selection": {"rows": line_of(chosen, row_ids), "columns": [], "cells": []}},
        column_config=_columns(manifest, wanted, run.predicted.noun),
        alt="The explained rows; select one to see its explanation",
    )
    return found


def _take_line(key: str, row_ids: list[int]) -> None:
    """Choose the row whose line was clicked. It runs before the page is drawn, so that the row is drawn first."""
    clicked = clicked_row(st.session_state[key]["selection"]["rows"], row_ids)
    if clicked is not None:
        session_state.choose_row(clicked, by_table=True)


def _page(run: Run, wanted: RowFilter, pages: int) -> int:
    """Draw the pages of the table; begin with the one that the chosen row is on."""
    key = f"page-{run.id}-{hash((wanted, session_state.anchor()))}"
    if key not in st.session_state:
        row = session_state.row_id()
        place = None if row is None else place_of(run, wanted, row)
        st.session_state[key] = min(1 + (place or 0) // PAGE_ROWS, pages)
    return st.pagination(pages, key=key, max_visible_pages=5)


def rows_plot(run: Run, manifest: Manifest, wanted: RowFilter) -> int:
    """Draw the rows as points; a click chooses one. Return how many rows pass the filter."""
    regression = manifest.data.is_regression
    found = count_found(run, wanted)
    points = sample_points(run, wanted, limit=PLOT_ROWS)
    if points.empty:
        st.info("No explained row passes this filter.", icon=":material/filter_alt_off:")
        return found
    points = points.assign(
        truth=_truth(points, manifest),
        true_value=points["target"].astype(float),
        outcome=OUTCOMES[0] if regression else [OUTCOMES[int(bool(wrong))] for wrong in points["wrong"]],
    )
    behind = density(run, wanted) if found > PLOT_ROWS else None
    chosen = session_state.row_id()
    kept = points[["row_id", "prediction", "fit", "truth", "true_value", "outcome"]]
    key = f"plot-{run.id}-{hash(wanted)}"
    draw(
        fidelity_chart(
            kept,
            chosen,
            target=manifest.data.target if regression else None,
            says=prediction_title(run.predicted),
            behind=behind,
        ),
        key=key,
        on_select=partial(_take_point, key),
        selection_mode=[PICKED_ROW],
        alt="Rows as points: click one to see its explanation",
    )
    if behind is not None:
        st.caption(
            f"Grey: the density of all {count(found, 'row')}. Points: {len(points):,} rows; a quarter "
            "have the largest errors, the others are a random sample. Filter to see others."
        )
    return found


def _take_point(key: str) -> None:
    clicked = clicked_point(st.session_state[key]["selection"].get(PICKED_ROW) or [])
    if clicked is not None:
        session_state.choose_row(clicked)


def _table(frame: pd.DataFrame, manifest: Manifest, wanted: RowFilter) -> pd.DataFrame:
    regression = manifest.data.is_regression
    shown = pd.DataFrame({"row": frame["row_id"], "truth": _truth(frame, manifest)})
    if regression:
        shown["prediction"] = frame["prediction"]
        shown["distance"] = frame["distance"]
    else:
        names = manifest.data.class_names or ()
        shown["predicted"] = [None if pd.isna(code) else names[int(code)] for code in frame["predicted"]]
        shown["prediction"] = frame["prediction"]
        shown["right"] = [None if pd.isna(wrong) else not wrong for wrong in frame["wrong"]]
    shown["fit"] = frame["fit"]
    if wanted.order == "weight":
        shown["weight"] = frame["weight"]
    if wanted.order == "error" and not regression:
        shown["distance"] = frame["distance"]
    shown["reason"] = frame["top_reason"].where(frame["error"].isna(), frame["error"])
    return shown


def _truth(frame: pd.DataFrame, manifest: Manifest) -> list[Any]:
    classes = manifest.data.class_names
    if classes is None:
        return [f"{value:.6g}" for value in frame["target"]]
    return [classes[int(code)] for code in frame["target"]]


def prediction_title(predicted: Predicted) -> str:
    """Return the title of the axis of a classifier's predictions."""
    if predicted.noun == "log-odds":
        return "Log-odds of the explained class"
    return "Probability of the predicted class"


def _columns(manifest: Manifest, wanted: RowFilter, noun: str) -> dict[str, Any]:
    column, regression = st.column_config, manifest.data.is_regression
    error = "|predicted - true|" if regression else "1 - probability of the true class, where that is known"
    feature = wanted.order_feature
    weighed = "the strongest reason" if feature is None else manifest.data.features[feature]
    return {
        "row": columns.ROW,
        "truth": columns.TRUTH,
        "predicted": columns.PREDICTED,
        "prediction": columns.prediction(noun, regression=regression),
        "distance": column.NumberColumn("Error", format="%.4g" if regression else "%.3f", width=70, help=error),
        "right": columns.RIGHT,
        "fit": columns.score("Fit", width=46, help=FIT.rule),
        "weight": columns.weight(width=70, help=f"Of {plain(weighed)}"),
        "reason": columns.REASON,
    }
