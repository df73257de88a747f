"""A filter in words: a short text for each limit, with the filter that remains without it."""

from dataclasses import dataclass, replace

from sparklime_core.runs.filter.kinds import Explained
from sparklime_core.runs.filter.row_filter import FIELDS, RowFilter, limited


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
