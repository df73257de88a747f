"""The workers page's charts: who explained which rows, when, and how fast; they fill while a run goes on."""

import streamlit as st

from sparklime_core.charts.workers import executors_chart, throughput_chart, timeline_chart
from sparklime_core.dashboard.shared import columns
from sparklime_core.dashboard.shared.chart_element import draw
from sparklime_core.dashboard.shared.errors import shown_errors
from sparklime_core.dashboard.shared.services import services
from sparklime_core.dashboard.shared.text import count, duration, executor_name, speed
from sparklime_core.dashboard.workers.task_frames import imbalance, throughput_frame, timeline_frame
from sparklime_core.dashboard.workers.time_shares import shares_panel
from sparklime_core.runs.query.results import executors, tasks
from sparklime_core.runs.run import Run

POLL_SECONDS = 2.0


def work_panel(run: Run) -> None:
    """Show the finished tasks; as long as this server works on the run, draw them anew every other second."""
    live = services().progress(run.id) is not None
    st.fragment(_charts, run_every=POLL_SECONDS * services().pace() if live else None)(run)


@shown_errors()
def _charts(run: Run) -> None:
    done = tasks(run)
    if done.empty:
        st.info("The first finished tasks will appear here.", icon=":material/hourglass_empty:")
        return
    by_executor, timeline = executors(run), timeline_frame(done)
    span = float(timeline["end"].max())
    with st.grid(5, min_column_width=130):
        st.metric("Executors", len(by_executor), border=True)
        st.metric("Tasks", f"{len(done):,}", border=True)
        st.metric("Rows", f"{int(done['rows'].sum()):,}", border=True)
        st.metric(
            "Speed", speed(done["rows"].sum() / span), border=True, help=f"Over {duration(span)} of wall time."
        )
        st.metric(
            "Imbalance",
            f"{imbalance(by_executor):.2f}",
            border=True,
            help="Busy time of the busiest executor over the mean of all; 1 is perfectly even.",
        )
    shares_panel(run.manifest())
    st.markdown("## Tasks over time")
    draw(
        timeline_chart(timeline),
        alt=f"{count(len(done), 'task')} over time, one lane for each executor's process",
        key="work-timeline",
    )
    left, right = st.columns(2)
    with left:
        st.markdown("## Rows by executor")
        draw(executors_chart(by_executor), alt="Rows explained by each executor", key="work-executors")
    with right:
        st.markdown("## Throughput")
        draw(
            throughput_chart(throughput_frame(timeline)),
            alt="Rows per second over time, by executor",
            key="work-throughput",
        )
    st.markdown("## Executors")
    st.dataframe(
        by_executor.assign(executor=by_executor["executor"].map(executor_name)),
        hide_index=True,
        column_config={
            "executor": "Executor",
            "host": "Host",
            "processes": st.column_config.NumberColumn("Python processes"),
            "tasks": "Tasks",
            "rows": "Rows",
            "busy_seconds": columns.seconds("Busy (s)"),
            "rows_per_second": st.column_config.NumberColumn("Rows per busy second", format="%.1f"),
        },
        alt="Work of each executor",
    )
