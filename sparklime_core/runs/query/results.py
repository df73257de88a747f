"""Questions about a run's results, tasks and blocks."""

from typing import Any

import pandas as pd

from sparklime_core.explain.schema import STABILITY_SCHEMA, TASK_SCHEMA, WORK_SCHEMA
from sparklime_core.runs.query.database import ask_results, frame, query
from sparklime_core.runs.run import Run


def explanations_of(run: Run, row_id: int) -> list[dict[str, Any]]:
    """Return the results of one row, one a label, as dictionaries of the result's schema."""
    sql = "SELECT * FROM results WHERE row_id = ? ORDER BY label"
    results: list[dict[str, Any]] = ask_results(run, sql, [row_id]).to_pylist()
    return results


def largest_weight(run: Run) -> float:
    """Return the largest absolute weight of the run: the scale that all its charts share."""
    sql = "SELECT max(list_max(list_transform(explanation, lambda e: abs(e.weight)))) AS largest FROM results"
    largest = ask_results(run, sql)["largest"][0].as_py()
    return float(largest) if pd.notna(largest) else 0.0


def mean_score(run: Run) -> float | None:
    """Return the mean local R² of a run's explanations; None where there is none yet."""
    mean = ask_results(run, "SELECT avg(score) AS mean FROM results")["mean"][0].as_py()
    return float(mean) if pd.notna(mean) else None


def tasks(run: Run) -> pd.DataFrame:
    """Return the finished tasks, in the order in which they started."""
    sql = "SELECT * FROM results ORDER BY started, wave, partition"
    return frame(query(run.task_files, TASK_SCHEMA, sql))


def executors(run: Run) -> pd.DataFrame:
    """Return, by executor: host, processes, tasks, rows, busy seconds, and rows a busy second."""
    sql = (
        "SELECT executor, any_value(host) AS host, count(DISTINCT pid) AS processes, count(*) AS tasks, "
        "sum(rows)::BIGINT AS rows, sum(seconds) AS busy_seconds, sum(rows) / sum(seconds) AS rows_per_second "
        "FROM results GROUP BY executor ORDER BY executor"
    )
    return frame(query(run.task_files, TASK_SCHEMA, sql))


def explained_by(run: Run, row_id: int) -> dict[str, Any] | None:
    """Return who explained a row: its block, as a dictionary of `WORK_SCHEMA`; None where that is not recorded."""
    sql = "SELECT * FROM results WHERE ? BETWEEN first_row AND last_row"
    found = query(run.block_files, WORK_SCHEMA, sql, [row_id]).to_pylist()
    return found[0] if found else None


def stability_of(run: Run, row_id: int) -> list[dict[str, Any]]:
    """Return how stable the explanations of a row are, one a label, as dictionaries of `STABILITY_SCHEMA`."""
    sql = "SELECT * FROM results WHERE row_id = ? ORDER BY label"
    found: list[dict[str, Any]] = query(run.stability_files, STABILITY_SCHEMA, sql, [row_id]).to_pylist()
    return found
