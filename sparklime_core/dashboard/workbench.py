"""The workbench of rows: the table or the plot, and beside it the chosen row. One selection, everywhere."""

import random

import streamlit as st

from sparklime_core.charts.work import importance_chart
from sparklime_core.dashboard import session
from sparklime_core.dashboard.downloads import download_menu
from sparklime_core.dashboard.errors import shown_errors
from sparklime_core.dashboard.explanation import row_panel
from sparklime_core.dashboard.results import features_ranked, files_version
from sparklime_core.dashboard.rowsearch import row_filter, rows_plot, rows_table
from sparklime_core.runs.browse import RowFilter
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.run import Run

MOST_FEATURES = 20


@st.fragment
@shown_errors()
def workbench(run: Run, manifest: Manifest) -> None:
    """Draw the workbench; it is redrawn by itself, without the rest of the page."""
    left, right = st.columns([12, 10], gap="medium")
    with left:
        view = st.segmented_control(
            "View",
            ["Table", "Plot", "Features"],
            default="Table",
            key="rows-view",
            persist_state="session",
            required=True,
            label_visibility="collapsed",
        )
        wanted = row_filter(manifest)
        rows = _rows(str(view), run, manifest, wanted)
        with st.container(horizontal=True):
            st.button(
                "Random row",
                icon=":material/shuffle:",
                disabled=not rows,
                on_click=lambda: session.choose_row(random.choice(rows)),  # noqa: S311 - no secret
            )
            download_menu(run, wanted)
    with right:
        chosen = session.row_id()
        if chosen is not None:
            row_panel(run, chosen)


def _rows(view: str, run: Run, manifest: Manifest, wanted: RowFilter) -> list[int]:
    """Draw one of the views; return the rows that it shows."""
    if view == "Plot":
        return rows_plot(run, manifest, wanted)
    if view == "Table":
        return rows_table(run, manifest, wanted)
    regression = manifest.data["class_names"] is None
    st.altair_chart(
        importance_chart(features_ranked(run.id, files_version(run), wanted, regression, MOST_FEATURES)),
        alt="Mean absolute weight of the strongest features",
    )
    return []
