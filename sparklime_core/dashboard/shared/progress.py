"""Work in progress: a run's own, live while it runs, and the queue of the runs that a person may see."""

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from sparklime_core.charts.workers import executors_chart
from sparklime_core.dashboard.shared import session_state
from sparklime_core.dashboard.shared.elements import show
from sparklime_core.dashboard.shared.messages import shown_errors
from sparklime_core.dashboard.shared.navigation import EXPLAIN, ROWS
from sparklime_core.dashboard.shared.run_state import run_summary
from sparklime_core.dashboard.shared.services import services
from sparklime_core.runs.access import Person
from sparklime_core.runs.run import Run
from sparklime_core.wording import count, duration, speed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sparklime_core.jobs.manager import QueueEntry
    from sparklime_core.jobs.runner import Progress

RUN_SECONDS, FIRST_ROWS_SECONDS = 1.0, 0.3
"""Seconds between two looks at a run; and at one whose first rows are awaited."""

STAGES = {
    "waiting": "Waiting in the queue",
    "connecting": "Connecting to Spark",
    "preparing": "Preparing the explainer",
    "explaining": "Explaining rows on the executors",
    "writing": "Joining the results",
    "ended": "Ended",
}
QUEUE_SECONDS = 2.0


def run_progress(run: Run, shown_rows: int | None = None, *, what: str = "", by_executor: bool = True) -> None:
    """Show how far a run is; while this server works on it, refresh it, the more seldom the more runs there are.

    Parameters
    ----------
    run
        The run.
    shown_rows
        Rows that the page's table shows, when it waits for more: the page is drawn again when there are some.
    what
        What the run is, in Markdown.
    by_executor
        Whether to draw the rows of each executor.
    """
    with st.container():  # one element either way, so that what follows keeps its place when the run ends
        if (progress := services().progress(run.id)) is not None:
            st.markdown(what)
            seconds = _seconds(progress)
            st.fragment(_live, run_every=seconds)(run.id, shown_rows, by_executor, seconds)
        else:
            run_summary(run.manifest(), what)


def _seconds(progress: "Progress") -> float:
    """Return the seconds until the next look at a run."""
    return (RUN_SECONDS if progress.done else FIRST_ROWS_SECONDS) * services().poll_factor()


@shown_errors()
def _live(run_id: str, shown_rows: int | None, by_executor: bool, seconds: float) -> None:
    progress = services().progress(run_id)
    has_more = progress is not None and shown_rows is not None and progress.done > shown_rows
    if progress is None or has_more or _seconds(progress) != seconds:
        st.rerun()
    share = progress.done / progress.rows if progress.rows else 1.0
    stage = STAGES.get(progress.stage, progress.stage)
    if progress.stage == "waiting" and services().race_runs():
        stage = "Waiting for a race, which uses Spark alone"
    with st.container(border=True):
        st.progress(min(share, 1.0), text=f"{stage}: {progress.done:,} of {count(progress.rows, 'row')}")
        _figures(progress, services().jobs.waited(run_id))
        if progress.done:
            st.page_link(
                ROWS,
                label=f"Show the {count(progress.done, 'row')} explained so far",
                icon=":material/troubleshoot:",
                query_params={"run": run_id},
            )
        if by_executor and progress.by_executor:
            frame = pd.DataFrame(progress.by_executor.items(), columns=["executor", "rows"])
            frame["tasks"] = None
            frame["rows_per_second"] = frame["rows"] / max(progress.seconds, 1e-9)
            show(executors_chart(frame), alt="Rows explained so far by each executor", key=f"live-{run_id}")
        if services().may_change(run_id):
            _cancel_button(run_id)


def _cancel_button(run_id: str) -> None:
    """Draw the button that cancels a run; after a click it says so until the run has ended."""
    key = f"told-to-stop-{run_id}"
    stopping = bool(st.session_state.get(key))
    label = "Stopping; explained rows are kept …" if stopping else "Cancel this run"

    @shown_errors()
    def stop() -> None:
        services().jobs.cancel(run_id)
        st.session_state[key] = True

    st.button(label, icon=":material/stop_circle:", key=f"cancel-{run_id}", disabled=stopping, on_click=stop)


def resume_button(run: Run) -> None:
    """Draw the button that resumes a run which has rows left."""
    if not run.manifest().state.is_resumable() or not services().may_change(run.id):
        return
    if not st.button("Resume", icon=":material/resume:"):
        return
    with shown_errors():
        services().jobs.resume(run.id)
        st.session_state.pop(f"told-to-stop-{run.id}", None)
        session_state.choose_run(run.id)
        st.switch_page(EXPLAIN, query_params={"run": run.id})


def _figures(progress: "Progress", waited: float) -> None:
    remaining, rate = progress.remaining_seconds, progress.rows_per_second
    facts = [f"{duration(waited)} since the start"]
    if remaining is not None:
        facts.append(f"about {duration(remaining)} remaining (an estimate)")
    if rate is not None:
        facts.append(speed(rate))
    facts.append(f"{count(progress.failed, 'row')} failed")
    st.caption(" · ".join(facts))


def queue_panel() -> None:
    """Show the queue of the runs that the person may see, if there are others than the open one."""
    if [entry for entry in services().queue() if entry.run_id != session_state.run_id()]:
        st.fragment(_queue_table, run_every=QUEUE_SECONDS * services().poll_factor())()


@shown_errors()
def _queue_table() -> None:
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
