"""A run's tasks, laid out for the charts of the work."""

import numpy as np
import pandas as pd

from sparklime_core.dashboard.shared.text import executor_name

INTERVALS = 60
"""Steps of the throughput's curve."""


def timeline_frame(tasks: pd.DataFrame) -> pd.DataFrame:
    """Return the tasks with their lane, and begin and end in seconds since the first one began."""
    began = (tasks["started"] - tasks["started"].min()).dt.total_seconds()
    return tasks.assign(
        lane=tasks["executor"].map(executor_name) + ", process " + tasks["pid"].astype(str),
        begin=began,
        end=began + tasks["seconds"],
    )


def throughput_frame(timeline: pd.DataFrame) -> pd.DataFrame:
    """Return rows a second by executor over time; a task's rows are spread evenly over its duration."""
    end = float(timeline["end"].max())
    edges = np.linspace(0.0, end, INTERVALS + 1)
    step = end / INTERVALS or 1.0
    frames = []
    for executor, tasks in timeline.groupby("executor"):
        begins, ends = tasks["begin"].to_numpy()[:, None], tasks["end"].to_numpy()[:, None]
        overlap = np.clip(np.minimum(ends, edges[1:]) - np.maximum(begins, edges[:-1]), 0.0, None)
        rates = tasks["rows"].to_numpy()[:, None] / np.maximum(ends - begins, 1e-9)
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
