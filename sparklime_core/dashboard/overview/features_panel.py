"""The panel of features: how much each matters over all rows, and the few rows that together show it."""

import streamlit as st

from sparklime_core.charts.overview import means_chart
from sparklime_core.dashboard.overview.frames import means_frame, ranking
from sparklime_core.dashboard.overview.panel_parts import (
    RunTotals,
    features_shown,
    legend,
    of_all,
    panel_head,
    row_line,
)
from sparklime_core.dashboard.shared.elements import draw
from sparklime_core.runs.weight_statistics import submodular_pick
from sparklime_core.wording import count

BUDGET = 8
"""The most rows that are picked."""

MEANS_HELP = (
    "The length of a bar is the feature's mean |weight|. Its right part is the weights that speak for, "
    "its left part the weights that speak against. The tick is the mean weight, in which they cancel. "
    "Where an explanation does not name a feature, its weight is 0. If not all rows name the feature, "
    "their share is written next to the number. Weights are LIME's local ones: they describe how the "
    "model was explained, row by row. They do not measure how much worse the model would be without the "
    "feature."
)
PICK_HELP = (
    "LIME's submodular pick adds one row at a time. Each is the row whose explanation names the most "
    "important conditions that no earlier row named. A condition's importance is the square root of its "
    "summed |weight|. Ribeiro, Singh, Guestrin (2016), arXiv 1602.04938, section 4."
)


def features_panel(scope: RunTotals) -> None:
    """Draw the panel."""
    left, right = st.columns([12, 10], gap="medium")
    with left:
        _means(scope)
    with right:
        _picks(scope)


def _means(scope: RunTotals) -> None:
    totals = scope.totals()
    ranked = ranking(totals, scope.names)
    panel_head("Weights by feature", "Which features matter most, and do they speak for or against?", MEANS_HELP)
    if not ranked:
        st.info("No explanation names a feature: the model's answer does not change near these rows.")
        return
    shown = ranked[: features_shown(len(ranked), "overview-features")]
    st.markdown(legend(scope))
    means = means_frame(totals, scope.names, shown)
    draw(
        means_chart(means),
        alt=f"Mean weights of {count(len(shown), 'feature')} over {count(totals.rows, 'row')}, strongest first",
        key="overview-means",
    )
    rest = len(scope.names) - len(ranked)
    if rest:
        st.caption(f"{count(rest, 'more feature')}: no explanation names them.")


def _picks(scope: RunTotals) -> None:
    sample, rows = scope.sample(), scope.totals().rows
    panel_head("Rows to begin with", "Which few rows show most of the model's reasons?", PICK_HELP)
    pick = submodular_pick(sample.conditions, BUDGET)
    if not pick.places:
        st.info("No explanation names a condition, so no row shows more than another.")
        return
    for place, covered in zip(pick.places, pick.coverage, strict=True):
        row_line(scope, sample, place, f" · **{covered:.0%}** covered")
    ended = "; with these, every condition is covered" if pick.coverage[-1] > 1 - 1e-9 else ""
    st.caption(f"Picked from: {of_all(sample, rows)}{ended}.")
