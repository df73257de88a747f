"""A `RowFilter` as SQL over ``rows``: the index of a run's rows, and the model's error at each."""

from functools import reduce
from operator import and_

from sparklime_core.runs.filter.row_filter import FIELDS, ORDERS, STABILITY, RowFilter, limited
from sparklime_core.runs.manifest import TableFacts
from sparklime_core.runs.run import Run
from sparklime_core.runs.stored_tables import scan


def rows_sql(facts: TableFacts, *, stability: bool = False) -> str:
    """Return the start of a query in which ``rows`` is the index with ``wrong``, ``distance`` and ``stability``.

    ``stability`` is how often other pools have the same strongest features, from 0 to 1; null where it was not
    measured. With `stability`, its files are the query's first parameter.
    """
    wrong = "label <> target"
    distance = f"CASE WHEN {wrong} THEN prediction WHEN NOT ({wrong}) THEN 1 - prediction END"
    if facts.is_regression:
        wrong, distance = "CAST(NULL AS BOOLEAN)", "abs(prediction - target)"
    measured, joined = "CAST(NULL AS FLOAT)", ""
    if stability:
        measured = "measured.jaccard"
        joined = f"LEFT JOIN (SELECT row_id, label, jaccard FROM {scan()}) measured USING (row_id, label)"  # noqa: S608
    return (
        f"WITH rows AS (SELECT results.*, {wrong} AS wrong, {distance} AS distance, "  # noqa: S608 - ours
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
