"""Compare runs: two runs over one table, and the rows whose explanations changed most."""

import streamlit as st

from sparklime_core.dashboard.compare_runs.comparison import (
    both_explanations,
    changed_rows,
    comparison_of,
    figures,
    second_run,
    settings_panel,
)
from sparklime_core.dashboard.shared.empty_state import required_run
from sparklime_core.dashboard.shared.messages import plain
from sparklime_core.runs.query.compare import summarise

first = required_run()

mine = first.manifest()
st.markdown(f"First run: **{plain(mine.title)}**, engine {mine.explain.engine}, {mine.created[:10]}")
second = second_run(first)
with st.expander("Settings that differ", icon=":material/tune:", expanded=True):
    settings_panel(mine, second.manifest())

path = comparison_of(first, second)
found = summarise(path)
if not found.rows:
    st.info("No row is explained in both runs.", icon=":material/compare_arrows:")
    st.stop()
figures(found)
left, right = st.columns([12, 10], gap="medium")
with left:
    row = changed_rows(path, found, mine.data.target)
with right:
    if row is not None:
        both_explanations(first, second, row)
