"""Questions about a run's rows: filtered and listed, as a plot, and one by one; and about the work on them."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from sparklime_core.explain.schema import STABILITY_SCHEMA, TASK_SCHEMA, WORK_SCHEMA
from sparklime_core.runs.filter.kinds import EXPLAINED_BY
from sparklime_core.runs.filter.row_filter import STABILITY, RowFilter
from sparklime_core.runs.filter.translations import order_sql, rows_sql, where_sql
from sparklime_core.runs.query.database import ask_results, frame, query
from sparklime_core.runs.row_index import index_files, index_schema, scales
from sparklime_core.runs.run import Run
from sparklime_core.runs.stored_tables import conformed, literal

LISTED = (
    "row_id, label, label_name, predicted, prediction, score, fit, target, test, wrong, distance, top_reason, "
    "error"
)
CELLS = 60
"""Cells of the density along each axis."""

WORST_SHARE = 4
"""One point in so many is a row with one of the largest errors; the others are drawn by chance."""


def find_rows(run: Run, wanted: RowFilter, *, limit: int, offset: int = 0) -> pd.DataFrame:
    """Return a page of the rows that pass a filter, one line per row.

    Returns
    -------
    pandas.DataFrame
        ``row_id``, ``label``, ``label_name``, ``prediction``, ``score``, ``fit``, ``target`` (class index, or
        value), ``test``, ``wrong`` (None in regression), ``distance`` (1 - probability of the true class where it
        is known, or \\|prediction - target\\|), ``top_reason``, ``error``, and ``weight``: of the feature that is
        sorted by, or of the strongest reason. A row with several explained labels has the line of its most
        probable one.
    """
    where = where_sql(run, wanted)
    weight = "top_weight" if wanted.order_feature is None else f"w{int(wanted.order_feature)}"
    sql = (
        f"SELECT {LISTED}, {weight} AS weight FROM rows {where} "  # noqa: S608 - names of columns; values are parameters
        f"ORDER BY {order_sql(wanted)}, row_id LIMIT ? OFFSET ?"
    )
    return frame(ask_rows(run, sql, [limit, offset]))


def count_found(run: Run, wanted: RowFilter) -> int:
    """Return how many rows pass a filter."""
    where = where_sql(run, wanted)
    found = ask_rows(run, f"SELECT count(*) AS rows FROM rows {where}", [])  # noqa: S608
    return int(found["rows"][0].as_py())


def place_of(run: Run, wanted: RowFilter, row_id: int) -> int | None:
    """Return the place of a row in a filter's order, from 0; None where it does not pass."""
    where = where_sql(run, wanted)
    sql = (
        f"SELECT place FROM (SELECT row_id, row_number() OVER (ORDER BY {order_sql(wanted)}, row_id) - 1 AS place "  # noqa: S608
        f"FROM rows {where}) WHERE row_id = ?"
    )
    found = ask_rows(run, sql, [row_id])
    return int(found["place"][0].as_py()) if len(found) else None


def random_row(run: Run, wanted: RowFilter, *, seed: int) -> int | None:
    """Return a random row that passes a filter, all equally likely; None without any."""
    where = where_sql(run, wanted)
    sql = f"SELECT row_id FROM rows {where} ORDER BY hash(row_id * 1000003 + ?) LIMIT 1"  # noqa: S608
    found = ask_rows(run, sql, [seed])
    return int(found["row_id"][0].as_py()) if len(found) else None


def filtered(run: Run, wanted: RowFilter) -> pa.Table:
    """Return the results (of the result's schema) of the rows that pass a filter, in row order."""
    where = where_sql(run, wanted)
    kept = ask_rows(run, f"SELECT row_id FROM rows {where}", [])  # noqa: S608
    sql = "SELECT results.* FROM results SEMI JOIN kept USING (row_id) ORDER BY row_id, label"
    return conformed(ask_results(run, sql, [], kept=kept), run.result_schema())


def mean_weights(run: Run, wanted: RowFilter, *, limit: int) -> pd.DataFrame:
    """Return the features, strongest first.

    Returns
    -------
    pandas.DataFrame
        ``feature``, ``mean_weight`` (mean \\|weight\\| over the explained rows that pass the filter, 0
        where an explanation does not name the feature) and ``rows`` (that name it).
    """
    names = run.facts.features
    where = where_sql(run, wanted)
    sums = ", ".join(f"sum(abs(w{at})) AS s{at}, count(w{at}) AS n{at}" for at in range(len(names)))
    sql = f"SELECT count(*) FILTER (error IS NULL) AS rows, {sums} FROM rows {where}"  # noqa: S608
    found = ask_rows(run, sql, []).to_pylist()[0]
    ranked = pd.DataFrame(
        {
            "feature": names,
            "mean_weight": [(found[f"s{at}"] or 0.0) / max(found["rows"], 1) for at in range(len(names))],
            "rows": [found[f"n{at}"] for at in range(len(names))],
        }
    )
    ranked = ranked[ranked["rows"] > 0].sort_values(["mean_weight", "feature"], ascending=[False, True])
    return ranked.head(limit).reset_index(drop=True)


def shared_scale(run: Run, top: int) -> float:
    """Return the largest bar of any row of a run, where all weights after the strongest `top` share one bar."""
    found = scales(index_files(run, run.facts.features))
    return found[min(top, len(found) - 1)]


def index_rows(run: Run) -> None:
    """Index the results that have no index yet, as every question about rows does first."""
    index_files(run, run.facts.features)


def ask_rows(run: Run, sql: str, parameters: Sequence[Any], **tables: pa.Table) -> pa.Table:
    """Run SQL over ``rows``: the index of the explained rows with ``wrong``, ``distance`` and ``stability``."""
    names = run.facts.features
    measured = [literal(file) for file in run.stability_files()] if STABILITY in sql else []
    return query(
        lambda: index_files(run, names),
        index_schema(len(names)),
        rows_sql(run.predicted, stability=bool(measured)) + sql,
        [*([measured] if measured else []), *parameters],
        blocks=run.block_files if EXPLAINED_BY in sql else None,
        **tables,
    )


def plot_axes(run: Run) -> tuple[str, str]:
    """Return the columns of the plot's axes: true and predicted value, or probability and fit."""
    return ("target", "prediction") if run.facts.is_regression else ("prediction", "fit")


def sample_points(run: Run, wanted: RowFilter, *, limit: int) -> pd.DataFrame:
    """Return up to `limit` explained rows that pass a filter, with the columns of `find_rows`.

    Of more rows, a quarter are those with the largest errors; the others are drawn by chance, the same ones every
    time.
    """
    where = where_sql(run, wanted)
    sql = (
        f", kept AS (SELECT {LISTED} FROM rows {where}), "  # noqa: S608 - names of columns; values are parameters
        "worst AS (SELECT * FROM kept WHERE error IS NULL ORDER BY distance DESC NULLS LAST, row_id LIMIT ?), "
        "others AS (SELECT * FROM kept WHERE error IS NULL AND row_id NOT IN (SELECT row_id FROM worst) "
        "ORDER BY hash(row_id), row_id LIMIT ?) "
        "SELECT * FROM worst UNION ALL SELECT * FROM others ORDER BY row_id"
    )
    worst = limit // WORST_SHARE
    return frame(ask_rows(run, sql, [worst, limit - worst]))


def density(run: Run, wanted: RowFilter) -> pd.DataFrame:
    """Return how many explained rows that pass a filter are in each cell of the plot.

    Returns
    -------
    pandas.DataFrame
        ``x0``, ``x1``, ``y0``, ``y1`` (the cell's borders) and ``rows``, for cells that hold any.
    """
    x, y = plot_axes(run)
    where = where_sql(run, wanted)
    sql = (
        f", kept AS (SELECT {x} AS x, {y} AS y FROM rows {where}), "  # noqa: S608 - names of columns; values are parameters
        "points AS (SELECT * FROM kept WHERE isfinite(x) AND isfinite(y)), "
        f"span AS (SELECT min(x) AS x0, min(y) AS y0, greatest(max(x) - min(x), 1e-12) / {CELLS} AS dx, "
        f"greatest(max(y) - min(y), 1e-12) / {CELLS} AS dy FROM points) "
        "SELECT x0 + i * dx AS x0, x0 + (i + 1) * dx AS x1, y0 + j * dy AS y0, y0 + (j + 1) * dy AS y1, rows FROM "
        f"(SELECT least(floor((x - x0) / dx), {CELLS} - 1) AS i, least(floor((y - y0) / dy), {CELLS} - 1) AS j, "
        "count(*) AS rows FROM points, span GROUP BY ALL), span"
    )
    return frame(ask_rows(run, sql, []))


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
