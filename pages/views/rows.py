"""Rows: every row's explanation, side by side with the table or the plot that it is picked from."""

import streamlit as st

from sparklime_core.dashboard.rows.page import workbench
from sparklime_core.dashboard.shared.empty_state import required_run
from sparklime_core.dashboard.shared.messages import plain
from sparklime_core.dashboard.shared.progress import run_progress
from sparklime_core.dashboard.shared.run_cache import PAGE_ROWS

run = required_run()

manifest = run.manifest()
done = manifest.rows_explained
what = f"Run of **{plain(manifest.title)}**, predicting **{plain(manifest.data.target)}**"
run_progress(run, done if done < PAGE_ROWS else None, what=what, by_executor=False)
if not done:
    st.info("The first explained rows will appear here.", icon=":material/hourglass_empty:")
    st.stop()

workbench(run, manifest)
