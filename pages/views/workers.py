"""Workers: which executor explained which rows, when, how fast; and the proof from the workers themselves."""

import streamlit as st

from sparklime_core.dashboard.shared.empty_state import required_run
from sparklime_core.dashboard.shared.messages import plain
from sparklime_core.dashboard.shared.progress import run_progress
from sparklime_core.dashboard.shared.run_state import executors_table, live_links
from sparklime_core.dashboard.workers.work_panel import evidence_panel, work_panel

run = required_run()

manifest = run.manifest()
run_progress(run, what=f"Run of **{plain(manifest.title)}** on **{plain(manifest.master)}**", by_executor=False)
work_panel(run)
if manifest.executors:
    executors_table([vars(executor) for executor in manifest.executors])
live_links(manifest.links)

if manifest.application is not None or manifest.state.is_ended():
    st.markdown("## The executors' own logs")
    evidence_panel(manifest)
