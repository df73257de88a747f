"""The workbench of rows: the table or the plot, next to the chosen row, and the rows gathered for a comparison."""

import random
from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from sparklime_core.charts.overview import importance_chart
from sparklime_core.dashboard.row_panel.context import nothing
from sparklime_core.dashboard.row_panel.panel import row_panel
from sparklime_core.dashboard.rows.list_and_plot import first_row, rows_plot, rows_table
from sparklime_core.dashboard.shared import session_state
from sparklime_core.dashboard.shared.downloads import download_menu
from sparklime_core.dashboard.shared.elements import draw
from sparklime_core.dashboard.shared.filter_form import filter_form
from sparklime_core.dashboard.shared.messages import shown_errors
from sparklime_core.dashboard.shared.navigation import COMPARE_ROWS, OVERVIEW
from sparklime_core.dashboard.shared.run_cache import index_rows, mean_weights
from sparklime_core.dashboard.shared.services import let_draw
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.query.rows import random_row
from sparklime_core.runs.run import Run

MOST_FEATURES = 20


@st.fragment
@shown_errors()
def workbench(run: Run, manifest: Manifest) -> None:
    """Draw the workbench, a fragment: a click redraws it alone."""
    index_rows(run)
    left, right = st.columns([12, 10], gap="medium")
    chosen = session_state.row_id()
    rest = nothing
    if chosen is not None:
        rest = _row(right, run, chosen)  # first: it is what a link or a click asks for, and the table takes long
    with left:
        view = st.segmented_control(
            "View",
            ["Table", "Plot", "Features"],
            default="Table",
            key="rows-view",
            bind="query-params",
            required=True,
            label_visibility="collapsed",
        )
        wanted = filter_form(run, manifest)
    first = first_row(run, wanted) if chosen is None else None
    if first is not None:
        session_state.choose_row(first)
        rest = _row(right, run, first)
    with left, shown_errors():
        found = _rows(str(view), run, manifest, wanted)
        _row_buttons(run, manifest, wanted, found)
    rest()


def _row(place: DeltaGenerator, run: Run, chosen: int) -> Callable[[], None]:
    with place:
        comparison_tray(run, chosen)
        rest = row_panel(run, chosen)
    if rest is not nothing:
        let_draw()
    return rest


def _rows(view: str, run: Run, manifest: Manifest, wanted: RowFilter) -> int:
    """Draw one of the views; return how many rows pass the filter."""
    if view == "Plot":
        return rows_plot(run, manifest, wanted)
    if view == "Table":
        return rows_table(run, manifest, wanted)
    ranked = mean_weights(run, wanted, limit=MOST_FEATURES)
    if ranked.empty:
        st.info("No explained row passes this filter.", icon=":material/filter_alt_off:")
    else:
        draw(importance_chart(ranked), alt="Mean absolute weight of the strongest features")
        query = {"run": run.id}
        st.page_link(
            OVERVIEW, label="For or against, by class and by value", icon=":material/insights:", query_params=query
        )
    return len(ranked)


def _row_buttons(run: Run, manifest: Manifest, wanted: RowFilter, found: int) -> None:
    """Draw the other ways to choose a row, and the downloads."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        st.number_input(
            "Go to row",
            min_value=0,
            max_value=max(manifest.data.rows - 1, 0),
            value=None,
            step=1,
            placeholder="number",
            key="go-to-row",
            on_change=_go_to_row,
            width=150,
        )
        st.button(
            "Random row",
            icon=":material/shuffle:",
            help="A random row that passes the filter",
            disabled=not found,
            on_click=_random_row,
            args=(run, wanted),
        )
        download_menu(run, wanted)


def _go_to_row() -> None:
    row = st.session_state["go-to-row"]
    if row is not None:
        session_state.choose_row(int(row))


def _random_row(run: Run, wanted: RowFilter) -> None:
    row = random_row(run, wanted, seed=random.getrandbits(31))
    if row is not None:
        session_state.choose_row(row)


def comparison_tray(run: Run, chosen: int) -> None:
    """Show which rows are gathered for a comparison, and a button that adds or removes the chosen one."""
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
