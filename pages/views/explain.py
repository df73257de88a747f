"""Explain: the settings of a run, its start, and its progress."""

import streamlit as st

from sparklime_core.dashboard.explain.run_form import expected_time, new_rows_panel, run_form, start_run
from sparklime_core.dashboard.shared import session_state, workspace
from sparklime_core.dashboard.shared.empty_state import next_step, no_table
from sparklime_core.dashboard.shared.messages import plain, shown_errors
from sparklime_core.dashboard.shared.navigation import EXPLAIN, MODEL, ROWS, TUNING, WORKERS
from sparklime_core.dashboard.shared.progress import queue_panel, resume_button, run_progress
from sparklime_core.dashboard.shared.services import services
from sparklime_core.wording import count

with shown_errors():
    run = session_state.open_run()
    if run is not None:
        manifest = run.manifest()
        run_progress(run, what=f"Run of **{plain(manifest.title)}**, engine {manifest.explain.engine}")
        with st.container(horizontal=True):
            query = {"run": run.id}
            st.page_link(ROWS, label="Explained rows", icon=":material/troubleshoot:", query_params=query)
            st.page_link(WORKERS, label="Workers", icon=":material/lan:", query_params=query)
            resume_button(run)

with shown_errors():
    queue_panel()
st.markdown("## A new run")
dataset, model = workspace.dataset(), workspace.model()
if dataset is None:
    no_table(EXPLAIN)
if model is None:
    next_step("There is no model yet.", MODEL, "Train a model", ":material/forest:")
    st.stop()
with st.expander("Rows of another table", icon=":material/playlist_add:"), shown_errors():
    new_rows_panel(dataset)
table = workspace.new_rows() or dataset
st.caption(
    f"Explains the predictions of the model trained on **{plain(dataset.name)}**, for "
    f"**{plain(table.name)}** ({count(table.rows, 'row')}, {count(len(table.feature_names), 'feature')}) "
    f"on **{plain(services().spark.status().master)}**."
)
st.page_link(TUNING, label="Try kernel widths and numbers of samples", icon=":material/tune:")
with shown_errors():
    expected_time(table.rows, len(table.feature_names))
    form = run_form(table, len(model.test_rows) if table is dataset else table.rows)
    if form is not None:
        st.switch_page(EXPLAIN, query_params={"run": start_run(form)})
