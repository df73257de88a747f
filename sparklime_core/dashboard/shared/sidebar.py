"""The sidebar: Spark's state, and what this session works with, always in view."""

from typing import TYPE_CHECKING

import streamlit as st

from sparklime_core.dashboard.shared import workspace
from sparklime_core.dashboard.shared.account import account_panel
from sparklime_core.dashboard.shared.errors import shown_errors
from sparklime_core.dashboard.shared.navigation import DATA, EXPLAIN, RACE, SPARK
from sparklime_core.dashboard.shared.services import services
from sparklime_core.dashboard.shared.text import count, plain

if TYPE_CHECKING:
    from sparklime_core.jobs.spark_connection import SparkStatus

POLL_SECONDS = 3.0
STATUS_SECONDS = 1.0


def sidebar() -> None:
    """Draw the sidebar; it follows the work while a run is active."""
    with st.sidebar:
        works = services().active() or services().race_runs()
        st.fragment(_status, run_every=POLL_SECONDS * services().pace() if works else None)()
        account_panel()


@shown_errors()
def _status() -> None:
    with st.container(gap="xsmall"):
        _spark()
        _work()


def _spark() -> None:
    if not services().started:
        st.page_link(
            SPARK, label="Spark: not connected", icon=":material/hub:", help="It starts with the first run."
        )
        st.caption("Embedded, on this machine")
        return
    status = _status_lately() if services().active() else services().spark.status()
    state = "busy" if status.busy else "connected" if status.connected else "not connected"
    st.page_link(SPARK, label=f"Spark: {state}", icon=":material/hub:")
    executors = f" · {count(len(status.executors), 'executor')}" if status.executors else ""
    st.caption(plain(status.master) + executors)


@st.cache_resource(ttl=STATUS_SECONDS, show_spinner=False)
def _status_lately() -> "SparkStatus":
    """Return what the connection was a moment ago: every session's sidebar asks, and Spark answers slowly."""
    return services().spark.status()


def _work() -> None:
    kept = workspace.facts()
    if kept is not None:
        st.page_link(DATA, label="Data", icon=":material/table:")
        trained = " · model trained" if kept.model else ""
        st.caption(f"{plain(kept.table.name)} · {count(kept.table.rows, 'row')}{trained}")
    reason = workspace.not_kept()
    if reason is not None:
        st.caption(f":material/warning: A reload loses some of it: {plain(reason)}")
    if services().race_runs():
        st.page_link(RACE, label="A race is running", icon=":material/sports_score:")
    queue = services().queue()
    if queue:
        st.page_link(EXPLAIN, label=f"{count(len(queue), 'run')} active", icon=":material/progress_activity:")
        mine = [entry.position for entry in queue if entry.person == services().person.queue_name]
        if mine:
            st.caption("Yours: " + (f"number {min(mine)} in line" if min(mine) else "on Spark now"))
