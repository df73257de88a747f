"""Compare rows: a few rows side by side, their explanations on one scale."""

import streamlit as st

from sparklime_core.dashboard import session
from sparklime_core.dashboard.errors import shown_errors
from sparklime_core.dashboard.history.opening import required_run
from sparklime_core.dashboard.navigation import ROWS, next_step
from sparklime_core.dashboard.rows.comparison import comparison
from sparklime_core.dashboard.text import plain

run = required_run()
manifest = run.manifest()
st.markdown(f"Run of **{plain(manifest.title)}**, predicting **{plain(manifest.data['target'])}**")
rows = session.compared()
session.compare(rows)
if not rows:
    next_step(
        "No rows are chosen yet. Open a row and add it to the comparison; then another one.",
        ROWS,
        "Choose rows",
        ":material/troubleshoot:",
    )
    st.stop()
with shown_errors():
    comparison(run, rows)
