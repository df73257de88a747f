"""The queue that everybody sees: which runs share Spark now, and which wait in which order."""

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from sparklime_core.dashboard.shared import session_state
from sparklime_core.dashboard.shared.errors import shown_errors
from sparklime_core.dashboard.shared.person import person
from sparklime_core.dashboard.shared.services import services
from sparklime_core.dashboard.shared.text import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sparklime_core.jobs.manager import QueueEntry

POLL_SECONDS = 2.0


def queue_panel() -> None:
    """Show the runs of all browser sessions, where there are more than the one that this page is about."""
    if [entry for entry in services().queue() if entry.run_id != session_state.run_id()]:
        st.fragment(_table, run_every=POLL_SECONDS * services().pace())()


@shown_errors()
def _table() -> None:
    entries = services().queue()
    if not entries:
        st.rerun()
    waiting = sum(entry.position > 0 for entry in entries)
    st.markdown("##### The queue of this server")
    st.caption(
        f"{count(len(entries) - waiting, 'run')} on Spark, {waiting:,} waiting. Next is the person whose "
        "last run began longest ago."
    )
    st.dataframe(
        queue_frame(entries, person()),
        hide_index=True,
        column_config={
            "place": "Place",
            "table": "Table",
            "whose": "Owner",
            "done": st.column_config.ProgressColumn("Explained", format="percent", min_value=0.0, max_value=1.0),
            "rows": st.column_config.NumberColumn("Rows"),
        },
        alt="Runs of all sessions: first those on Spark, then those that wait, in their order",
    )


def queue_frame(entries: "Sequence[QueueEntry]", person: str) -> pd.DataFrame:
    """Return the queue as a table: place, table, whose run it is, share of rows explained, rows."""
    return pd.DataFrame(
        [
            {
                "place": f"{entry.position} in line" if entry.position else entry.progress.stage,
                "table": entry.title,
                "whose": "yours" if entry.person == person else "another session's",
                "done": entry.progress.done / max(entry.progress.rows, 1),
                "rows": entry.progress.rows,
            }
            for entry in entries
        ],
        columns=["place", "table", "whose", "done", "rows"],
    )
