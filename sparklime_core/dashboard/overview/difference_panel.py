"""The panel of differences: two groups of rows, their weights side by side, and how sure their difference is."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, cast

import pandas as pd
import streamlit as st

from sparklime_core.charts.colours import FIRST, REST, SECOND
from sparklime_core.charts.overview import difference_chart
from sparklime_core.dashboard.overview.frames import difference_frame
from sparklime_core.dashboard.overview.panel_parts import RunTotals, features_shown, panel_head
from sparklime_core.dashboard.shared import columns
from sparklime_core.dashboard.shared.elements import coloured, draw
from sparklime_core.dashboard.shared.messages import plain
from sparklime_core.runs.filter.conditions import Range
from sparklime_core.runs.filter.row_filter import RowFilter, limited
from sparklime_core.runs.query.weights import Totals, WeightLabel
from sparklime_core.runs.weight_statistics import Measure, differences
from sparklime_core.wording import count

LARGEST = 0.8
"""The largest errors are those of the rows above this share."""

MEASURES: dict[Measure, str] = {"strength": "Strength (mean |weight|)", "mean": "Direction (mean weight)"}
HELP = (
    "The mean of each feature's weight in two groups of rows, and the first minus the second; largest "
    "difference first. The line is a 95% interval (Welch's). It assumes that the rows are a random "
    "sample of all such rows. Grey: the interval contains 0, so the groups may not differ in this "
    "feature. One in twenty features without a difference is coloured by chance. Where an explanation "
    "does not name a feature, its weight is 0."
)


@dataclass(frozen=True)
class TwoGroups:
    """Two groups of rows without a row in common.

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
    """Return the comparisons that a run offers, by name, the usual one first; each may draw widgets."""
    rest = {"Test against training rows": _test_rows}
    if limited(scope.wanted):
        rest["The filter against all other rows"] = _filtered_rows
    if scope.regression:
        return {"Large against small errors": _errors, "High against low predictions": _predictions, **rest}
    return {"Wrong against right": _outcomes, "Two predicted classes": _classes, **rest}


def _outcomes(scope: RunTotals) -> TwoGroups:
    wrong, right = (_narrowed(scope, outcome=outcome) for outcome in ("wrong", "right"))
    return TwoGroups("wrong predictions", "right predictions", wrong, right)


def _test_rows(scope: RunTotals) -> TwoGroups:
    test = scope.totals(replace(scope.wanted, test_only=True))
    return TwoGroups("test rows", "training rows", test, scope.totals().without(test))


def _filtered_rows(scope: RunTotals) -> TwoGroups:
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
    first = _choose_class("First class", "overview-first-class", classes, usual)
    second = _choose_class("Second class", "overview-second-class", classes, 0 if usual else 1)
    own = WeightLabel(None)
    totals = [_narrowed(scope, own, label=label) for label in (first, second)]
    names = [f"predicted {classes[label]}" for label in (first, second)]
    note = "Each group is explained for its own class: a weight above 0 speaks for the predicted class."
    if first == second:
        totals[1] = totals[0].without(totals[0])
        note = "Choose two different classes."
    return TwoGroups(names[0], names[1], totals[0], totals[1], note)


def _choose_class(label: str, key: str, classes: tuple[str, ...], usual: int) -> int:
    chosen = st.selectbox(
        label, range(len(classes)), index=usual, format_func=classes.__getitem__, key=key, width=200
    )
    return int(chosen)


def _narrowed(scope: RunTotals, explained: WeightLabel | None = None, **limits: object) -> Totals:
    """Return the totals of the rows that meet one more limit; empty if the filter has another value for it."""
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


def difference_panel(scope: RunTotals) -> None:
    """Draw the panel."""
    panel_head("Two groups of rows", "Where does the model reason differently?", HELP)
    offered = comparisons(scope)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = st.selectbox("Compare", list(offered), key="overview-compare", bind="query-params", width=300)
        measure: Measure = st.segmented_control(
            "Measure",
            list(MEASURES),
            default="strength",
            format_func=MEASURES.__getitem__,
            key="overview-measure",
            bind="query-params",
            required=True,
        )
        comparison = offered[chosen](scope)
    _sentence(comparison)
    first, second = comparison.first, comparison.second
    if not first.rows or not second.rows:
        _missing(comparison)
        return
    found = differences(first, second, tuple(scope.names), measure)
    if found.empty:
        st.info("No explanation of either group names a feature.", icon=":material/compare_arrows:")
        return
    left, right = st.columns([12, 10], gap="medium")
    with left:
        shown = features_shown(len(found), "overview-difference-features")
        st.markdown(
            f"{coloured(FIRST)} more in the first &nbsp; {coloured(SECOND)} more in the second &nbsp; "
            f"{coloured(REST)} not clear"
        )
        frame = difference_frame(found, shown)
        draw(
            difference_chart(frame, "Difference of the means, with its 95% interval"),
            alt=f"Difference of the two groups in {count(shown, 'feature')}, largest first",
            key="overview-differences",
        )
    with right:
        _table(found, comparison)


def _sentence(comparison: TwoGroups) -> None:
    first, second = comparison.first, comparison.second
    st.markdown(
        f"First: **{plain(comparison.first_name)}**, {count(first.rows, 'explained row')}. "
        f"Second: **{plain(comparison.second_name)}**, {count(second.rows, 'explained row')}."
    )
    if comparison.note:
        st.caption(plain(comparison.note))
    if first.rows and second.rows and min(first.rows, second.rows) < 2:
        st.caption("One row says nothing about other rows, so there is no interval.")


def _missing(comparison: TwoGroups) -> None:
    empty = [
        name
        for name, totals in (
            (comparison.first_name, comparison.first),
            (comparison.second_name, comparison.second),
        )
        if not totals.rows
    ]
    st.info(
        f"Nothing to compare: no explained row of this filter and class is in {plain(' or '.join(empty))}.",
        icon=":material/compare_arrows:",
    )


def _table(found: pd.DataFrame, comparison: TwoGroups) -> None:
    number = st.column_config.NumberColumn
    st.dataframe(
        found.drop(columns="clear"),
        hide_index=True,
        height=min(36 + 33 * len(found), 620),
        column_config={
            "feature": columns.FEATURE,
            "first": number("First", format="%.4g", help=f"Mean in {plain(comparison.first_name)}"),
            "second": number("Second", format="%.4g", help=f"Mean in {plain(comparison.second_name)}"),
            "difference": number("Difference", format="%+.4g"),
            "low": number("from", format="%+.4g", help="Lower end of the 95% interval"),
            "high": number("to", format="%+.4g", help="Upper end of the 95% interval"),
            "first_rows": number("Rows, first", help="Rows of the first group that name the feature"),
            "second_rows": number("Rows, second", help="Rows of the second group that name it"),
        },
        alt="Means of both groups and their difference, by feature",
    )
