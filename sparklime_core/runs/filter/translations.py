"""A `RowFilter` in other forms: SQL over the index of rows, a short text for a link, and words for people."""

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_
from typing import Any

from sparklime_core.runs.facts import Predicted
from sparklime_core.runs.filter.conditions import position
from sparklime_core.runs.filter.kinds import Counts, Explained
from sparklime_core.runs.filter.row_filter import FIELDS, ORDERS, STABILITY, RowFilter, limited
from sparklime_core.runs.run import Run
from sparklime_core.runs.stored_tables import scan

_BETWEEN_TERMS = "~"


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


def filter_text(row_filter: RowFilter) -> str:
    """Return the text of a filter; empty for the usual one."""
    terms = [term for name, value in limited(row_filter).items() for term in FIELDS[name].terms(name, value)]
    if (row_filter.order, row_filter.descending) != ("row", False):
        feature = "" if row_filter.order_feature is None else str(row_filter.order_feature)
        terms.append(("sort", f"{'-' if row_filter.descending else ''}{row_filter.order}{feature}"))
    return _BETWEEN_TERMS.join(f"{name}.{text}" for name, text in terms)


def read_filter(text: str, features: int, classes: int) -> RowFilter:
    """Return the filter of a text; terms that make no sense for the run are left out.

    Of two terms about one thing the last one holds.

    Parameters
    ----------
    text
        From `filter_text`, or any other text of a link.
    features, classes
        How many features and classes (0 in regression) the run has.

    Raises
    ------
    SettingsError
        When there are too many conditions.
    """
    counts = Counts(features, classes)
    parsed: dict[str, list[Any]] = defaultdict(list)
    order: dict[str, Any] = {}
    for part in text.split(_BETWEEN_TERMS):
        term, _, value = part.partition(".")
        if term == "sort":
            order |= _read_order(value, features)
        for name, kind in FIELDS.items():
            read = kind.parse(name, term, value, counts)
            if read is not None:
                parsed[name].append(read)
    return RowFilter(**{name: FIELDS[name].merge(values) for name, values in parsed.items()}, **order)


def _read_order(text: str, features: int) -> dict[str, Any]:
    name = text.removeprefix("-")
    feature = position(name, "weight", features)
    order = name if feature is None else "weight"
    if order not in ORDERS:
        return {}
    return {"order": order, "descending": text.startswith("-"), "order_feature": feature}


@dataclass(frozen=True)
class Limit:
    """One limit of a filter.

    Attributes
    ----------
    text
        In words; it may hold names from the table.
    without
        The filter without it.
    """

    text: str
    without: RowFilter


def limits_of(row_filter: RowFilter, explained: Explained) -> list[Limit]:
    """Return all limits of a filter."""
    return [
        Limit(text, replace(row_filter, **{name: rest}))
        for name, value in limited(row_filter).items()
        for text, rest in FIELDS[name].limits(value, explained)
    ]
