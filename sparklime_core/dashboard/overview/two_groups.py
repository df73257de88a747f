"""Which two groups of rows can be compared, and their totals."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, cast

import streamlit as st

from sparklime_core.dashboard.overview.run_totals import RunTotals
from sparklime_core.runs.filter.conditions import Range
from sparklime_core.runs.filter.row_filter import RowFilter, limited
from sparklime_core.runs.query.weight_totals import Explained, Totals

LARGEST = 0.8
"""The largest errors are those of the rows above this share."""


@dataclass(frozen=True)
class TwoGroups:
    """Two groups of rows: none is in both.

    Attributes
    ----------
    first_name, second_name
        What they are; names from the table may be in it.
    first, second
        Their totals.
    note
        What else one has to know.
    """

    first_name: str
    second_name: str
    first: Totals
    second: Totals
    note: str = ""


def comparisons(scope: RunTotals) -> dict[str, Callable[[RunTotals], TwoGroups]]:
    """Return what can be compared in a run, the usual one first; each may ask for more on the page."""
    rest = {"Test against training rows": _test}
    if limited(scope.wanted):
        rest["The filter against all other rows"] = _filter
    if scope.regression:
        return {"Large against small errors": _errors, "High against low predictions": _predictions, **rest}
    return {"Wrong against right": _outcomes, "Two predicted classes": _classes, **rest}


def _outcomes(scope: RunTotals) -> TwoGroups:
    wrong, right = (_narrowed(scope, outcome=outcome) for outcome in ("wrong", "right"))
    return TwoGroups("wrong predictions", "right predictions", wrong, right)


def _test(scope: RunTotals) -> TwoGroups:
    test = scope.totals(replace(scope.wanted, test_only=True))
    return TwoGroups("test rows", "training rows", test, scope.totals().without(test))


def _filter(scope: RunTotals) -> TwoGroups:
    kept = scope.totals()
    return TwoGroups("the filter", "all other rows", kept, scope.totals(RowFilter()).without(kept))


def _errors(scope: RunTotals) -> TwoGroups:
    limit = scope.quantile("distance", LARGEST)
    large = _above(scope, "error", limit)
    return TwoGroups(
        f"the largest fifth of the errors (from {limit or 0.0:.4g})",
        "smaller errors",
        large,
        scope.totals().without(large),
        "Rows with an unknown true value are among the smaller errors.",
    )


def _predictions(scope: RunTotals) -> TwoGroups:
    limit = scope.quantile("prediction", 0.5)
    high = _above(scope, "prediction", limit)
    names = (f"predictions of at least the median ({limit or 0.0:.4g})", "smaller predictions")
    return TwoGroups(*names, high, scope.totals().without(high))


def _classes(scope: RunTotals) -> TwoGroups:
    """Compare rows by their predicted class, each explained for that class."""
    classes = scope.manifest.data.class_names or ()
    usual = scope.explained.label or 0
    first = _class("First class", "overview-first-class", classes, usual)
    second = _class("Second class", "overview-second-class", classes, 0 if usual else 1)
    own = Explained(None)
    totals = [_narrowed(scope, own, label=label) for label in (first, second)]
    names = [f"predicted {classes[label]}" for label in (first, second)]
    note = "Each group is explained for its own class: a weight above 0 speaks for the predicted class."
    if first == second:
        totals[1] = totals[0].without(totals[0])
        note = "Choose two different classes."
    return TwoGroups(names[0], names[1], totals[0], totals[1], note)


def _class(label: str, key: str, classes: tuple[str, ...], usual: int) -> int:
    chosen = st.selectbox(
        label, range(len(classes)), index=usual, format_func=classes.__getitem__, key=key, width=200
    )
    return int(chosen)


def _narrowed(scope: RunTotals, explained: Explained | None = None, **limits: object) -> Totals:
    """Return the totals of the rows that meet one more limit; none do where the filter asks for another value."""
    usual = RowFilter()
    for name, value in limits.items():
        if getattr(scope.wanted, name) not in (value, getattr(usual, name)):
            return scope.totals().without(scope.totals())
    return scope.totals(replace(scope.wanted, **limits), explained)  # type: ignore[arg-type]


def _above(scope: RunTotals, name: Literal["error", "prediction"], limit: float | None) -> Totals:
    """Return the totals of the rows at or above a limit, within the range that the filter has."""
    given = cast(Range, getattr(scope.wanted, name))
    low = limit if given.low is None else max(given.low, limit or given.low)
    return scope.totals(replace(scope.wanted, **{name: Range(low, given.high)}))  # type: ignore[arg-type]
