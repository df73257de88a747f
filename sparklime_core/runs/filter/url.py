"""A filter as a short text for a link: letters, digits and ``-._~``."""

from collections import defaultdict
from typing import Any

from sparklime_core.runs.filter.conditions import position
from sparklime_core.runs.filter.kinds import Counts
from sparklime_core.runs.filter.row_filter import FIELDS, ORDERS, RowFilter, limited

_BETWEEN_TERMS = "~"


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
