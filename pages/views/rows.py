"""Rows: every row's explanation, side by side with the table or the plot that it is picked from."""

import random

import streamlit as st

from sparklime_core.charts.work import importance_chart
from sparklime_core.dashboard import session
from sparklime_core.dashboard.downloads import download_menu
from sparklime_core.dashboard.explanation import row_panel
from sparklime_core.dashboard.navigation import HOME, RUNS, next_step
from sparklime_core.dashboard.progress import run_progress
from sparklime_core.dashboard.results import PAGE_ROWS, features_ranked, files_version
from sparklime_core.dashboard.rowsearch import row_filter, rows_plot, rows_table
from sparklime_core.dashboard.text import plain
from sparklime_core.runs.queries import count_rows

st.title("Rows", anchor=False)
st.caption("Why did the model say that, row by row, and how far can the explanation be trusted?")
run = session.open_run()
if run is None:
    next_step("No run is open. Explain a sample with one click:", HOME, "Start", ":material/play_circle:")
    next_step("Or open an earlier run:", RUNS, "Runs", ":material/history:")
    st.stop()

manifest = run.manifest()
done, _ = count_rows(run)
what = f"Run of **{plain(manifest.title)}**, predicting **{plain(manifest.data['target'])}**"
run_progress(run, done if done < PAGE_ROWS else None, what=what, by_executor=False)
if not done:
    st.info("The first explained rows will appear here.", icon=":material/hourglass_empty:")
    st.stop()


@st.fragment
def workbench() -> None:
    """The table or plot, and beside it the chosen row: one selection, everywhere."""
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
        if view == "Plot":
            rows = rows_plot(run, manifest, wanted)
        elif view == "Features":
            ranked = features_ranked(run.id, files_version(run), wanted, manifest.data["class_names"] is None, 20)
            st.altair_chart(importance_chart(ranked), alt="Mean absolute weight of the strongest features")
            rows = []
        else:
            rows = rows_table(run, manifest, wanted)
        with st.container(horizontal=True):
            if st.button("Random row", icon=":material/shuffle:", disabled=not rows):
                session.choose_row(random.choice(rows))  # noqa: S311 - no secret
                st.rerun(scope="fragment")
            download_menu(run, wanted)
    with right:
        chosen = session.row_id()
        if chosen is None and rows:
            chosen = rows[0]
            session.choose_row(chosen)
        if chosen is not None:
            row_panel(run, chosen)


workbench()
