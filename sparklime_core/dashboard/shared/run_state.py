"""How a run and its session stand: a run's state, executors, and links to Spark's own pages."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import pandas as pd
import streamlit as st

from sparklime_core.dashboard.shared.messages import plain
from sparklime_core.dashboard.shared.services import services
from sparklime_core.runs.manifest import Manifest, RunState
from sparklime_core.wording import count, duration, executor_name

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
    done = f"{manifest.rows_explained:,} of {count(manifest.rows, 'row')} explained"
    facts = [f"{done} in {duration(manifest.seconds)}"]
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


def executors_table(executors: list[dict[str, object]]) -> None:
    """Show executors with their cores and memory."""
    st.dataframe(
        pd.DataFrame(executors).assign(id=lambda table: table["id"].map(executor_name)),
        hide_index=True,
        column_config={"id": "Executor", "host": "Host", "cores": "Cores", "memory": "Memory"},
        alt="Executors with their cores and memory",
    )


def live_links(links: Mapping[str, str]) -> None:
    """Show links to the pages about a run; they end with the session that explained it."""
    present = services().spark.status().links if services().started else {}
    if links.get("application") is not None and links.get("application") == present.get("application"):
        web_links(links)
    elif links:
        st.caption("Spark's own pages about this run ended with its session.")


def web_links(links: Mapping[str, str]) -> None:
    """Show links to web pages by their names; only http and https addresses are shown."""
    addresses = {name: url for name, url in links.items() if urlsplit(url).scheme in ("http", "https")}
    if not addresses:
        return
    with st.container(horizontal=True, gap="small"):
        for name, url in addresses.items():
            st.link_button(f"Spark's page: {name}", url, icon=":material/open_in_new:", type="tertiary")
