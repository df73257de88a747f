"""How a run stands, from its manifest alone."""

import streamlit as st

from sparklime_core.dashboard.shared.text import count, duration, plain
from sparklime_core.runs.manifest import Manifest, RunState

STATES: dict[RunState, tuple[str, str]] = {
    RunState.RUNNING: (":material/progress_activity:", "blue"),
    RunState.FINISHED: (":material/check_circle:", "green"),
    RunState.CANCELLED: (":material/cancel:", "orange"),
    RunState.FAILED: (":material/error:", "red"),
    RunState.INTERRUPTED: (":material/power_off:", "orange"),
    RunState.HALF_MADE: (":material/draft:", "orange"),
}


def state_badge(state: RunState) -> None:
    """Show a run's state."""
    icon, colour = STATES[state]
    st.badge(state.value, icon=icon, color=colour)  # type: ignore[arg-type]


def run_summary(manifest: Manifest, what: str = "") -> None:
    """Show how a run ended, or how far another process is with it."""
    facts = [
        f"{manifest.rows_explained:,} of {count(manifest.rows, 'row')} explained",
        f"{duration(manifest.seconds)}",
    ]
    if manifest.rows_failed:
        facts.append(f":orange[{count(manifest.rows_failed, 'row')} could not be explained]")
    if manifest.state.is_resumable():
        facts.append(
            f"partial: {count(manifest.rows - manifest.rows_explained, 'row')} left; resume it on the page Runs"
        )
    if manifest.state is RunState.HALF_MADE:
        facts = [
            ("interrupted before its table and model were stored; delete it on the page Runs, and start it again")
        ]
    with st.container(horizontal=True, vertical_alignment="center"):
        if what:
            st.markdown(what, width="content")
        state_badge(manifest.state)
        st.caption(" · ".join(facts), width="content")
    if manifest.error:
        st.error(plain(manifest.error), icon=":material/error:")
