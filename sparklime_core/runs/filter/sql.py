"""A `RowFilter` as SQL over ``rows``: the index of a run's rows, and the model's error at each."""

from functools import reduce
from operator import and_

from sparklime_core.runs.filter.row_filter import FIELDS, ORDERS, STABILITY, RowFilter, limited
from sparklime_core.runs.predicted import Predicted
from sparklime_core.runs.run import Run
from sparklime_core.runs.stored_tables import scan


def rows_sql(predicted: Predicted, *, stability: bool = False) -> str:
    """Return the start of a query in which ``rows`` is the index with more columns.

    These are ``predicted``, ``wrong``, ``distance`` and ``stability``; see `Predicted` for the first three.
    ``stability`` is how often other pools have the same strongest features, from 0 to 1; null where it was not
    measured. With `stability`, its files are the query's first parameter.
    """
    measured, joined = "CAST(NULL AS FLOAT)", ""
    if stability:
        measured = "measured.jaccard"
        joined = f"LEFT JOIN (SELECT row_id, label, jaccard FROM {scan()}) measured USING (row_id, label)"  # noqa: S608
    return (
        f"WITH rows AS (SELECT results.*, {predicted.label_sql} AS predicted, "  # noqa: S608 - ours
        f"{predicted.wrong_sql} AS wrong, {predicted.error_sql} AS distance, "
        f"{measured} AS {STABILITY} FROM results {joined}) "
    )


def where_sql(run: Run, row_filter: RowFilter) -> str:
    """Return a filter's ``WHERE`` clause; empty where every row passes."""
    values = limited(row_filter).items()
    clauses = [clause for name, value in values for clause in FIELDS[name].clauses(value, run)]
    return f"WHERE {reduce(and_, clauses)}" if clauses else ""


def order_sql(row_filter: RowFilter) -> str:
    """Return what a filter sorts by, for ``ORDER BY``."""
    key = ORDERS[row_filter.order].column
    if row_filter.order == "weight" and row_filter.order_feature is not None:
        key = f"w{int(row_filter.order_feature)}"
    return f"{key} {'DESC' if row_filter.descending else 'ASC'} NULLS LAST"
