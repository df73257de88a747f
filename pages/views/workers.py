"""Workers: which executor explained which rows, when, how fast; and the proof from the workers themselves."""

import streamlit as st

from sparklime_core.charts.work import executors_chart, throughput_chart, timeline_chart
from sparklime_core.dashboard.evidence import evidence_panel
from sparklime_core.dashboard.links import live_links
from sparklime_core.dashboard.opening import required_run
from sparklime_core.dashboard.progress import run_progress
from sparklime_core.dashboard.shares import shares_panel
from sparklime_core.dashboard.sparkpanel import executors_table
from sparklime_core.dashboard.text import count, duration, plain, speed
from sparklime_core.dashboard.work import imbalance, throughput_frame, timeline_frame
from sparklime_core.runs.queries import executors, tasks

st.title("Workers", anchor=False)
st.caption("Who did the work? Every figure here was measured by the task itself.")
run = required_run()

manifest = run.manifest()
run_progress(run, what=f"Run of **{plain(manifest.title)}** on **{plain(manifest.master)}**", by_executor=False)
done = tasks(run)
if done.empty:
    st.info("The first finished tasks will appear here.", icon=":material/hourglass_empty:")
    st.stop()

by_executor, timeline = executors(run), timeline_frame(done)
span = float(timeline["end"].max())
with st.grid(5, min_column_width=130):
    st.metric("Executors", len(by_executor), border=True)
    st.metric("Tasks", f"{len(done):,}", border=True)
    st.metric("Rows", f"{int(done['rows'].sum()):,}", border=True)
    st.metric("Speed", speed(done["rows"].sum() / span), border=True, help=f"Over {duration(span)} of wall time.")
    st.metric(
        "Imbalance",
        f"{imbalance(by_executor):.2f}",
        border=True,
        help="Busy time of the busiest executor over the mean of all; 1 is perfectly even.",
    )

shares_panel(manifest)
st.markdown("##### Tasks over time")
st.altair_chart(
    timeline_chart(timeline), alt=f"{count(len(done), 'task')} over time, one lane for each executor's process"
)
left, right = st.columns(2)
with left:
    st.markdown("##### Rows by executor")
    st.altair_chart(executors_chart(by_executor), alt="Rows explained by each executor")
with right:
    st.markdown("##### Throughput")
    st.altair_chart(throughput_chart(throughput_frame(timeline)), alt="Rows a second over time, by executor")

st.markdown("##### Executors")
st.dataframe(
    by_executor,
    hide_index=True,
    column_config={
        "executor": "Executor",
        "host": "Host",
        "processes": st.column_config.NumberColumn("Python processes"),
        "tasks": "Tasks",
        "rows": "Rows",
        "busy_seconds": st.column_config.NumberColumn("Busy (s)", format="%.2f"),
        "rows_per_second": st.column_config.NumberColumn("Rows a busy second", format="%.1f"),
    },
    alt="What each executor has done",
)
if manifest.executors:
    executors_table(manifest.executors)
live_links(manifest.links)

st.markdown("##### What the workers themselves said")
evidence_panel(manifest)
