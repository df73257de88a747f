"""Overview: what the model goes by over all rows of a run, or over those that a filter lets through."""

import streamlit as st

from sparklime_core.dashboard.overview.page import overview
from sparklime_core.dashboard.shared.empty_state import required_run
from sparklime_core.dashboard.shared.messages import plain
from sparklime_core.dashboard.shared.progress import run_progress

run = required_run()

manifest = run.manifest()
done = manifest.rows_explained
what = f"Run of **{plain(manifest.title)}**, predicting **{plain(manifest.data.target)}**"
run_progress(run, None if done else 0, what=what, by_executor=False)
if not done:
    st.info("Sums over the explained rows will appear here.", icon=":material/hourglass_empty:")
    st.stop()

overview(run, manifest)
