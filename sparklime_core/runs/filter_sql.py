"""A `RowFilter` as SQL over ``rows``: the index of a run's rows, and in what the model errs."""

from collections.abc import Iterator
from typing import Any

from sparklime_core.runs.inputs import DATA_FILE
from sparklime_core.runs.manifest import TableFacts
from sparklime_core.runs.row_filter import Order, Range, RowFilter, ValueCondition
from sparklime_core.runs.run import Run
from sparklime_core.runs.stored_tables import literal, scan

Clause = tuple[str, list[Any]]

EXPLAINED_BY = "explained_by"
"""The view of who explained which row (`sparklime_core.runs.result_queries.query`)."""

STABILITY = "stability"
"""The column of an explanation's stability; it is joined to the rows where a question speaks of it."""

_OUTCOMES = {"right": "NOT wrong", "wrong": "wrong", "failed": "error IS NOT NULL"}
_ORDERS: dict[Order, str] = {
    "row": "row_id",
    "probability": "prediction",
    "fit": "fit",
    "score": "score",
    "error": "distance",
    "weight": "abs(top_weight)",
    "stability": STABILITY,
}


def rows_sql(facts: TableFacts, *, stability: bool = False) -> str:
    """Return the start of a query in which ``rows`` is the index with ``wrong`` and ``distance``.

    With `stability`, it has ``stability`` as well (how often the strongest features are the same ones over other
    pools, 0 to 1; null where it was not measured), and the files where that is are the query's first parameter.
    """
    wrong = "label <> target"
    distance = f"CASE WHEN {wrong} THEN prediction WHEN NOT ({wrong}) THEN 1 - prediction END"
    if facts.is_regression:
        wrong, distance = "CAST(NULL AS BOOLEAN)", "abs(prediction - target)"
    measured, joined = "", ""
    if stability:
        measured = ", measured.jaccard AS stability"
        joined = f"LEFT JOIN (SELECT row_id, label, jaccard FROM {scan()}) measured USING (row_id, label)"  # noqa: S608
    return (
        f"WITH rows AS (SELECT results.*, {wrong} AS wrong, {distance} AS distance{measured} "  # noqa: S608 - ours
        f"FROM results {joined}) "
    )


def where_sql(run: Run, wanted: RowFilter) -> Clause:
    """Return a filter's ``WHERE`` clause, empty where it lets everything through, and its parameters."""
    clauses = [*_plain(wanted), *_ranges(wanted), *_weights(wanted), *_values(run, wanted)]
    if not clauses:
        return "", []
    return "WHERE " + " AND ".join(sql for sql, _ in clauses), [value for _, values in clauses for value in values]


def order_sql(wanted: RowFilter) -> str:
    """Return what a filter sorts by, for ``ORDER BY``."""
    key = _ORDERS[wanted.order]
    if wanted.order == "weight" and wanted.order_feature is not None:
        key = f"w{int(wanted.order_feature)}"
    return f"{key} {'DESC' if wanted.descending else 'ASC'} NULLS LAST"


def _plain(wanted: RowFilter) -> Iterator[Clause]:
    if wanted.outcome != "all":
        yield _OUTCOMES[wanted.outcome], []
    if wanted.test_only:
        yield "test", []
    for column, value in (("label", wanted.label), ("target", wanted.truth), ("top_feature", wanted.top_feature)):
        if value is not None:
            yield f"{column} = ?", [value]
    if wanted.executor is not None:
        yield f"row_id IN (SELECT row_id FROM {EXPLAINED_BY} WHERE executor = ?)", [wanted.executor]  # noqa: S608
    if wanted.error_text:
        yield "contains(lower(error), lower(?))", [wanted.error_text]


def _ranges(wanted: RowFilter) -> Iterator[Clause]:
    yield from _within("prediction", wanted.prediction)
    yield from _within("distance", wanted.error)
    yield from _within("fit", wanted.fit)
    yield from _within("score", wanted.score)
    yield from _within(STABILITY, wanted.stability)


def _weights(wanted: RowFilter) -> Iterator[Clause]:
    for condition in wanted.weights:
        column = f"w{int(condition.feature)}"
        yield f"{column} IS NOT NULL", []
        yield from _within(column, condition.within)


def _values(run: Run, wanted: RowFilter) -> Iterator[Clause]:
    """Yield one clause for all conditions on values, which are in the run's table and not in the index."""
    if not wanted.values:
        return
    encoding = run.encoding()
    clauses = [
        clause
        for condition in wanted.values
        for clause in _value(condition, encoding.features[condition.feature].missing)
    ]
    if clauses:
        where = " AND ".join(sql for sql, _ in clauses)
        parameters = [value for _, values in clauses for value in values]
        table = f"{scan(positions=True)} WHERE {where}"
        yield f"row_id IN (SELECT file_row_number FROM {table})", [literal(run.folder / DATA_FILE), *parameters]  # noqa: S608 - only names of columns


def _value(condition: ValueCondition, missing: float | None) -> Iterator[Clause]:
    column = f"f{int(condition.feature)}"
    if condition.missing:
        yield f"({column} = ? OR isnan({column}))", [missing]
    elif condition.codes:
        yield f"{column} IN ({', '.join('?' * len(condition.codes))})", list(condition.codes)
    elif condition.within:
        # DuckDB takes NaN for larger than every number.
        yield f"NOT isnan({column})", []
        yield from _within(column, condition.within)
        if missing is not None:
            yield f"{column} <> ?", [missing]


def _within(column: str, within: Range) -> Iterator[Clause]:
    if within.low is not None:
        yield f"{column} >= ?", [within.low]
    if within.high is not None:
        yield f"{column} <= ?", [within.high]
