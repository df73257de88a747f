"""The plot of all rows: the density of all rows, and a sample of them as points."""

import pandas as pd

from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.filter.sql import where_sql
from sparklime_core.runs.query.database import frame
from sparklime_core.runs.query.rows import LISTED, ask_rows
from sparklime_core.runs.run import Run

CELLS = 60
"""Cells of the density along each axis."""

WORST_SHARE = 4
"""One point in so many is a row with one of the largest errors; the others are drawn by chance."""


def axes(run: Run) -> tuple[str, str]:
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
    x, y = axes(run)
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
