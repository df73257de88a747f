"""Rows of a run, filtered, sorted and paged over the index of its rows."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from sparklime_core.runs.filter.kinds import EXPLAINED_BY
from sparklime_core.runs.filter.row_filter import STABILITY, RowFilter
from sparklime_core.runs.filter.sql import order_sql, rows_sql, where_sql
from sparklime_core.runs.query.database import ask_results, frame, query
from sparklime_core.runs.row_index import index_files, index_schema, scales
from sparklime_core.runs.run import Run
from sparklime_core.runs.stored_tables import literal
from sparklime_core.runs.wave_files import conformed

LISTED = (
    "row_id, label, label_name, predicted, prediction, score, fit, target, test, wrong, distance, top_reason, "
    "error"
)


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
