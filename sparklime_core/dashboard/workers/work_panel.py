"""The work on a run: who explained which rows, when and how fast, where the time went, and the executors' logs."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from sparklime_core.charts.workers import executors_chart, shares_chart, throughput_chart, timeline_chart
from sparklime_core.dashboard.shared import columns
from sparklime_core.dashboard.shared.elements import draw
from sparklime_core.dashboard.shared.messages import plain, shown_errors
from sparklime_core.dashboard.shared.services import services
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.query.rows import executors, tasks
from sparklime_core.runs.run import Run
from sparklime_core.wording import count, duration, executor_name, speed

INTERVALS = 60
"""Steps of the throughput's curve."""

POLL_SECONDS = 2.0


class TimeShare(NamedTuple):
    """A part of the bar: its key, its name, and how it is measured."""

    key: str
    name: str
    how: str


PARTS = (
    TimeShare(
        "connecting",
        "connecting",
        "from the run's turn until it has a Spark session",
    ),
    TimeShare("preparing", "preparing", "on the driver: fits the explainer; the engine draws or compiles"),
    TimeShare(
        "broadcasting",
        "broadcasting",
        "on the driver: pickling the task, sending it to Spark, and checking the executors",
    ),
    TimeShare(
        "load",
        "loading",
        "in the Python workers: importing lime and scikit-learn, and unpickling the broadcast",
    ),
    TimeShare("model", "model", "in the Python workers: the model's own predict function"),
    TimeShare(
        "algebra",
        "algebra",
        "in the Python workers: the engine's computations on predictions, and stability",
    ),
    TimeShare("packing", "packing", "in the Python workers: packing and serialising the results"),
    TimeShare(
        "transport",
        "transport and waiting",
        "the rest of the cores' time while rows were explained: transfer of rows and results, Spark's "
        "scheduling, the start of Python processes, and idle cores",
    ),
    TimeShare(
        "writing", "writing", "on the driver, at the end: it joins the waves' files, unless the executors write"
    ),
)
ON_EXECUTORS = ("load", "model", "algebra", "packing")


def shares_panel(manifest: Manifest) -> None:
    """Show what the time went to, where the run has measured it."""
    parts = shares_frame(manifest)
    if parts.empty:
        return
    whole = float(parts["seconds"].sum())
    st.markdown(
        "## Where the time went",
        help="\n".join(f"- **{part.name}**: {part.how}" for part in PARTS),
    )
    draw(
        shares_chart(parts),
        alt=f"Parts of {duration(whole)} of wall time",
        key="shares",
    )
    st.caption(
        f"{duration(whole)} of wall time, from the run's turn to its end, all measured. Times of the Python "
        f"workers are divided by the {count(cores_of(manifest), 'core')}, so that the parts add up."
    )


def shares_frame(manifest: Manifest) -> pd.DataFrame:
    """Return ``part``, ``seconds`` of wall time, ``share`` and ``how``; empty where nothing was measured."""
    phases, spent, cores = manifest.phases, manifest.spent, cores_of(manifest)
    if not spent or not cores:
        return pd.DataFrame(columns=["part", "seconds", "share", "how"])
    seconds = {part.key: phases.get(part.key, 0.0) for part in PARTS}
    seconds |= {key: spent.get(key, 0.0) / cores for key in ON_EXECUTORS}
    busy = sum(seconds[key] for key in ON_EXECUTORS)
    seconds["transport"] = max(phases.get("explaining", 0.0) - busy, 0.0)
    whole = sum(seconds.values()) or 1.0
    return pd.DataFrame(
        [(part.name, seconds[part.key], seconds[part.key] / whole, part.how) for part in PARTS],
        columns=["part", "seconds", "share", "how"],
    )


def cores_of(manifest: Manifest) -> int:
    """Return how many cores the run's executors have."""
    return sum(executor.cores for executor in manifest.executors)


def timeline_frame(tasks: pd.DataFrame) -> pd.DataFrame:
    """Return the tasks with their lane, and begin and end in seconds since the first one began."""
    began = (tasks["started"] - tasks["started"].min()).dt.total_seconds()
    return tasks.assign(
        lane=tasks["executor"].map(executor_name) + ", process " + tasks["pid"].astype(str),
        begin=began,
        end=began + tasks["seconds"],
    )


def throughput_frame(timeline: pd.DataFrame) -> pd.DataFrame:
    """Return rows per second by executor over time; a task's rows are spread evenly over its duration."""
    end = float(timeline["end"].max())
    edges = np.linspace(0.0, end, INTERVALS + 1)
    step = end / INTERVALS or 1.0
    frames = []
    for executor, own in timeline.groupby("executor"):
        begins, ends = own["begin"].to_numpy()[:, None], own["end"].to_numpy()[:, None]
        overlap = np.clip(np.minimum(ends, edges[1:]) - np.maximum(begins, edges[:-1]), 0.0, None)
        rates = own["rows"].to_numpy()[:, None] / np.maximum(ends - begins, 1e-9)
        frames.append(
            pd.DataFrame(
                {
                    "begin": edges[:-1],
                    "executor": executor,
                    "rows_per_second": (overlap * rates).sum(axis=0) / step,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def imbalance(executors: pd.DataFrame) -> float:
    """Return the busy time of the busiest executor over the mean of all; 1 is perfectly even."""
    busy = executors["busy_seconds"]
    return float(busy.max() / busy.mean()) if busy.sum() else 1.0


def work_panel(run: Run) -> None:
    """Show the finished tasks; as long as this server works on the run, draw them again every other second."""
    live = services().progress(run.id) is not None
    st.fragment(_work_charts, run_every=POLL_SECONDS * services().poll_factor() if live else None)(run)


@shown_errors()
def _work_charts(run: Run) -> None:
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


def evidence_panel(manifest: Manifest) -> None:
    """Show, for each executor, its lines about rows, the broadcast model and the explainer."""
    from sparklime_core.jobs.executor_logs import run_outputs  # noqa: PLC0415 - imports pyspark

    st.caption(
        "Each executor writes to its standard error: the row that it explains, and the broadcast model "
        "and explainer that it loaded. These are its log files."
    )
    if not services().may_see_logs():
        st.info("They stand among lines of other people's runs: operators see them.", icon=":material/lock:")
        return
    with shown_errors():
        outputs = run_outputs(manifest)
        if not outputs:
            st.info("The executors' logs of this run are not on this machine.", icon=":material/description:")
        for output in outputs:
            with st.expander(
                f"The last {count(len(output.evidence), 'line')} of {plain(executor_name(output.executor))}",
                expanded=len(outputs) <= 4,
            ):
                st.code("\n".join(output.evidence) or "no such line", language=None, wrap_lines=True, height=220)
                st.caption("File")
                st.code(str(output.path), language=None, wrap_lines=True)
