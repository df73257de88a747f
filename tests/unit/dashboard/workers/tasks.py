"""Tasks of a run, as pages read them."""

import pandas as pd


def three_tasks() -> pd.DataFrame:
    """Return three tasks in two waves on two executors."""
    start = pd.Timestamp("2024-01-02T03:04:05Z")
    return pd.DataFrame(
        {
            "wave": [0, 0, 1],
            "partition": [0, 1, 0],
            "attempt": [0, 0, 0],
            "executor": ["0", "1", "0"],
            "host": ["127.0.0.1"] * 3,
            "pid": [10, 11, 10],
            "rows": [100, 50, 30],
            "started": [start, start + pd.Timedelta(seconds=1), start + pd.Timedelta(seconds=2)],
            "seconds": [2.0, 1.0, 1.0],
        }
    )
