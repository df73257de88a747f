"""The run that a page is about; without one, the page offers the newest, names the next step and ends."""

import streamlit as st

from sparklime_core.dashboard.shared import session_state
from sparklime_core.dashboard.shared.errors import shown_errors
from sparklime_core.dashboard.shared.navigation import HOME, RUNS, next_step
from sparklime_core.dashboard.shared.services import services
from sparklime_core.dashboard.shared.text import count, plain
from sparklime_core.runs.run import Run


def required_run() -> Run:
    """Return the run that is looked at; where there is none, say how to come by one and stop the page."""
    run = session_state.open_run()
    if run is None:
        newest = services().store.runs()[:1]
        for found in newest:
            with shown_errors():
                _offer(found)
        if newest:
            next_step("Or open another run:", RUNS, "Runs", ":material/history:")
        next_step("Explain a sample with one click:", HOME, "Start", ":material/play_circle:")
        st.stop()
    return run


def _offer(run: Run) -> None:
    """Offer to open a run on the page that asked for one."""
    manifest = run.manifest()
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"No run is open. The newest is of **{plain(manifest.title)}** "
            f"({count(manifest.rows_explained, 'row')} explained)."
        )
        if st.button("Open it", icon=":material/troubleshoot:", key="newest-run"):
            session_state.choose_run(run.id)
            st.rerun()
