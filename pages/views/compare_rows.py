"""Compare rows: a few rows side by side, their explanations on one scale."""

import streamlit as st

from sparklime_core.dashboard.compare_rows.comparison import comparison
from sparklime_core.dashboard.shared import session_state
from sparklime_core.dashboard.shared.empty_state import next_step, required_run
from sparklime_core.dashboard.shared.messages import plain, shown_errors
from sparklime_core.dashboard.shared.navigation import ROWS

run = required_run()
manifest = run.manifest()
st.markdown(f"Run of **{plain(manifest.title)}**, predicting **{plain(manifest.data.target)}**")
rows = session_state.compared()
session_state.compare(rows)
if not rows:
    next_step(
        "No rows are chosen yet. Open a row and add it to the comparison, then add a second one.",
        ROWS,
        "Choose rows",
        ":material/troubleshoot:",
    )
    st.stop()
with shown_errors():
    comparison(run, rows)
