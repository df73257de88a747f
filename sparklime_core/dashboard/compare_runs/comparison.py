"""Two runs compared: the choice of the second, how far they agree, and the rows that changed most."""

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from sparklime_core.charts.weights import fold_weights, weights_chart
from sparklime_core.dashboard.shared import columns
from sparklime_core.dashboard.shared.elements import draw
from sparklime_core.dashboard.shared.empty_state import next_step
from sparklime_core.dashboard.shared.messages import plain
from sparklime_core.dashboard.shared.navigation import ROWS, RUNS
from sparklime_core.dashboard.shared.run_cache import PAGE_ROWS, explanations_of, inputs_of, remember
from sparklime_core.dashboard.shared.services import services
from sparklime_core.dashboard.shared.session_state import clicked_row
from sparklime_core.errors import RunError
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.query.compare import (
    TOP,
    CompareOrder,
    Comparison,
    are_comparable,
    check_comparable,
    compare_rows,
    comparison_file,
    different_settings,
)
from sparklime_core.runs.row_view import most_probable
from sparklime_core.runs.run import Run
from sparklime_core.wording import count

DISTANCE_HELP = (
    "Euclidean distance between the weights of the two explanations; 0: equal weights. A feature that "
    "an explanation does not name has weight 0. Where the predicted class changed and no other class "
    "was explained, the weights belong to different classes."
)
OVERLAP_HELP = (
    f"Jaccard index of the {TOP} strongest features in both runs; 1: the same features, 0: none in common."
)
_comparison_file = remember(comparison_file, entries=16, spinner="Comparing the two runs row by row …")
ORDERS: dict[CompareOrder, str] = {
    "distance": "distance of the weights",
    "overlap": "least overlap",
    "row": "row number",
}
SHOWN = 8
"""Bars of each explanation."""


def second_run(first: Run) -> Run:
    """Draw the choice of the second run; without any, show the next step and stop the page."""
    mine = first.manifest()
    others = {run.id: manifest for run in services().store.runs() if (manifest := _comparable(run, first, mine))}
    if not others:
        next_step(
            "There is no other run over this table with the same output. Explain it again with other "
            "settings, then return here.",
            RUNS,
            "Runs",
            ":material/history:",
        )
        st.stop()
    wanted = st.query_params.get("with")
    if wanted is not None and wanted not in others:
        check_comparable(mine, services().store.open(wanted).manifest())
    ids = list(others)
    chosen = st.selectbox(
        "Compare with",
        ids,
        index=ids.index(wanted) if wanted in ids else 0,
        format_func=lambda run_id: f"{others[run_id].title} · {_short(others[run_id])}",
        key=f"compare-with-{first.id}",
    )
    st.query_params["with"] = str(chosen)
    return services().store.open(str(chosen))


def settings_panel(first: Manifest, second: Manifest) -> None:
    """Show which settings differ."""
    differing = different_settings(first, second)
    if differing.empty:
        st.info("All settings are the same.", icon=":material/equal:")
        return
    st.dataframe(
        differing,
        hide_index=True,
        column_config={"setting": "Setting", "first": "First run", "second": "Second run"},
        alt="Settings that differ between the two runs",
    )


def _comparable(run: Run, first: Run, mine: Manifest) -> Manifest | None:
    if run.id == first.id:
        return None
    try:
        theirs = run.manifest()
    except RunError:
        return None
    return theirs if are_comparable(mine, theirs) else None


def _short(manifest: Manifest) -> str:
    explain = manifest.explain
    return (
        f"{manifest.created[:16].replace('T', ' ')} · {explain.engine}, "
        f"{explain.num_samples:,} samples, {count(manifest.rows_explained, 'row')}"
    )


def comparison_of(first: Run, second: Run) -> Path:
    """Return the file of two runs' comparison, made at the first look."""
    folder = services().store.comparisons
    path = _comparison_file(first, second, folder)
    if not path.exists():
        _comparison_file.clear()
        path = _comparison_file(first, second, folder)
    return path


def figures(found: Comparison) -> None:
    """Show how far the runs agree."""
    with st.grid(5, min_column_width=140):
        st.metric("Rows in both", f"{found.rows:,}", border=True)
        if found.changed is not None:
            st.metric(
                "Class changed", f"{found.changed:,}", border=True, help="Rows whose predicted class differs."
            )
        st.metric("Mean distance", f"{found.mean_distance:.3g}", border=True, help=DISTANCE_HELP)
        st.metric("Mean overlap", f"{found.mean_overlap:.2f}", border=True, help=OVERLAP_HELP)
        st.metric(
            "Mean local R²",
            f"{found.second_score:.2f}",
            f"{found.second_score - found.first_score:+.2f}",
            border=True,
            help=f"Second run; the first run has {found.first_score:.2f}.",
        )


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
        _rows_table(frame, found),
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


def _rows_table(frame: pd.DataFrame, found: Comparison) -> pd.DataFrame:
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


def both_explanations(first: Run, second: Run, row: int) -> None:
    """Draw a row's explanation by each run, on one scale."""
    st.markdown(f"## Row {row}")
    both = [most_probable(explanations_of(run, row)) for run in (first, second)]
    largest = max((abs(entry["weight"]) for result in both for entry in result["explanation"] or ()), default=0.0)
    dataset = inputs_of(first).dataset
    values = dataset.values_of(row)
    for words, run, result in zip(("First run", "Second run"), (first, second), both, strict=True):
        with st.container(border=True):
            st.markdown(f"**{words}**: {plain(result['label_name'])}, local R² {result['score']:.2f}")
            draw(
                weights_chart(fold_weights(result["explanation"], values, SHOWN), largest),
                alt=f"Weights of row {row} in the {words.lower()}",
                key=f"weights-{words}",
            )
            st.page_link(
                ROWS,
                label="Open this row in the run",
                icon=":material/troubleshoot:",
                query_params={"run": run.id, "row": str(row)},
            )
