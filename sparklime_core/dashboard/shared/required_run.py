"""The run that a page is about; without one, the page names the next step and ends."""

import streamlit as st

from sparklime_core.dashboard.shared import session_state
from sparklime_core.dashboard.shared.navigation import HOME, RUNS, next_step
from sparklime_core.runs.run import Run


def required_run() -> Run:
    """Return the run that is looked at; where there is none, say how to come by one and stop the page."""
    run = session_state.open_run()
    if run is None:
        next_step("No run is open. Explain a sample with one click:", HOME, "Start", ":material/play_circle:")
        next_step("Or open an earlier run:", RUNS, "Runs", ":material/history:")
        st.stop()
    return run
