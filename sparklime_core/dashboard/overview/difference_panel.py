"""The panel of differences: the weights of two groups of rows side by side, and how sure their difference is."""

import pandas as pd
import streamlit as st

from sparklime_core.charts.overview import difference_chart
from sparklime_core.charts.palette import FIRST, REST, SECOND
from sparklime_core.dashboard.overview.frames import difference_frame
from sparklime_core.dashboard.overview.panel_parts import features_shown, panel_head, square
from sparklime_core.dashboard.overview.run_totals import RunTotals
from sparklime_core.dashboard.overview.two_groups import TwoGroups, comparisons
from sparklime_core.dashboard.shared import columns
from sparklime_core.dashboard.shared.chart_element import draw
from sparklime_core.dashboard.shared.text import count, plain
from sparklime_core.runs.group_difference import Measure, differences

MEASURES: dict[Measure, str] = {"strength": "Strength (mean |weight|)", "mean": "Direction (mean weight)"}
HELP = (
    "The mean of each feature's weight in two groups of rows, and the first minus the second; largest "
    "difference first. The line is a 95% interval (Welch's). It assumes that the rows are a random "
    "sample of all such rows. Grey: the interval contains 0, so the groups may not differ in this "
    "feature. One in twenty features without a difference is coloured by chance. Where an explanation "
    "does not name a feature, its weight is 0."
)


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
            f"{square(FIRST)} more in the first &nbsp; {square(SECOND)} more in the second &nbsp; "
            f"{square(REST)} not clear"
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
