"""The queue, of the runs that a person may see: which runs share Spark now, and which wait in which order."""

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from sparklime_core.dashboard.shared import session_state
from sparklime_core.dashboard.shared.errors import shown_errors
from sparklime_core.dashboard.shared.services import services
from sparklime_core.dashboard.shared.text import count
from sparklime_core.runs.access import Person

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sparklime_core.jobs.manager import QueueEntry

POLL_SECONDS = 2.0


def queue_panel() -> None:
    """Show the runs that the person may see, where there are more than the one that this page is about."""
    if [entry for entry in services().queue() if entry.run_id != session_state.run_id()]:
        st.fragment(_table, run_every=POLL_SECONDS * services().pace())()


@shown_errors()
def _table() -> None:
    entries = services().queue()
    if not entries:
        st.rerun()
    waiting = sum(entry.position > 0 for entry in entries)
    hidden = services().active() - len(entries) if services().person.is_signed_in else 0
    others = f" Not shown: {count(hidden, 'run')} of other people." if hidden > 0 else ""
    st.markdown("## The queue of this server")
    st.caption(
        f"{count(len(entries) - waiting, 'run')} on Spark, {waiting:,} waiting. Next is the person whose "
        f"last run began longest ago.{others}"
    )
    st.dataframe(
        queue_frame(entries, services().person),
        hide_index=True,
        column_config={
            "place": "Place",
            "table": "Table",
            "whose": "Queued by",
            "done": st.column_config.ProgressColumn("Explained", format="percent", min_value=0.0, max_value=1.0),
            "rows": st.column_config.NumberColumn("Rows"),
        },
        alt="Runs that you may see: first those on Spark, then those that wait, in their order",
    )


def queue_frame(entries: "Sequence[QueueEntry]", person: Person) -> pd.DataFrame:
    """Return the queue as a table: place, table, who queued it, share of rows explained, rows."""
    another = "another person" if person.is_signed_in else "another session"
    return pd.DataFrame(
        [
            {
                "place": f"{entry.position} in line" if entry.position else entry.progress.stage,
                "table": entry.title,
                "whose": "you" if entry.person == person.queue_name else another,
                "done": entry.progress.done / max(entry.progress.rows, 1),
                "rows": entry.progress.rows,
            }
            for entry in entries
        ],
        columns=["place", "table", "whose", "done", "rows"],
    )
