"""What a run's time went to, by the clocks of the driver and of the executors: the parts of its wall time."""

from typing import NamedTuple

import pandas as pd
import streamlit as st

from sparklime_core.charts.time_shares import shares_chart
from sparklime_core.dashboard.shared.chart_element import draw
from sparklime_core.dashboard.shared.text import count, duration
from sparklime_core.runs.manifest import Manifest


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
        f"{duration(whole)} of wall time, all measured. Times of the Python workers are divided by the "
        f"{count(cores_of(manifest), 'core')}, so that the parts add up."
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
