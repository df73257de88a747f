"""The panel of values: weights against the features' values, for all features and for one."""

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from sparklime_core.charts.colours import HIGH, LOW, REST
from sparklime_core.charts.scatter import PICKED_POINT, dependence_chart, swarm_chart
from sparklime_core.dashboard.overview.frames import dependence_frame, ranking, swarm_frame, swarm_rows
from sparklime_core.dashboard.overview.panel_parts import RunTotals, features_shown, of_all, panel_head, row_line
from sparklime_core.dashboard.shared.elements import coloured, draw
from sparklime_core.dashboard.shared.messages import plain
from sparklime_core.runs.query.weights import RowSample
from sparklime_core.wording import count

SWARM_HELP = (
    "One point per row, in the lane of each feature that its explanation names. Right of the line the "
    "feature speaks for, left of it against. The colour says whether the row's value is low or high "
    "among the feature's values, by rank. If violet is on one side and amber on the other, the model "
    "uses the feature in one direction. Points that would overlap are moved up and down. Click a point "
    "to see its feature alone."
)
DEPENDENCE_HELP = (
    "The weight against the feature's own value. LIME sees a number by its bin, so the weight can step "
    "between bins. Spread at one value comes from the row's other features: interactions, or LIME's "
    "noise."
)


def values_panel(scope: RunTotals) -> None:
    """Draw the panel."""
    ranked = ranking(scope.totals(), scope.names)
    if not ranked:
        st.info("No explanation names a feature: the model's answer does not change near these rows.")
        return
    sample = scope.sample()
    left, right = st.columns([11, 10], gap="medium")
    with left:
        _swarm(scope, sample, ranked)
    with right:
        _dependence(scope, sample, ranked)


def _swarm(scope: RunTotals, sample: RowSample, ranked: list[int]) -> None:
    panel_head("Weights by value", "Do high or low values of a feature speak for the class?", SWARM_HELP)
    shown = ranked[: features_shown(len(ranked), "overview-swarm-features")]
    points = swarm_frame(sample, scope.features, shown)
    lanes = points[["feature", "lane"]].drop_duplicates()
    st.markdown(
        f"Value: {coloured(LOW)} low to {coloured(HIGH)} high &nbsp; {coloured(REST)} a category, or missing"
    )
    draw(
        swarm_chart(points, lanes, float(points["weight"].abs().max()), _chosen_row(sample)),
        key="overview-swarm",
        on_select=_follow("overview-swarm", scope),
        selection_mode=[PICKED_POINT],
        alt=f"Weights of {count(len(shown), 'feature')} by value: click a point to see its feature alone",
    )
    st.caption(f"{of_all(sample, scope.totals().rows, swarm_rows(sample, len(shown)))}.")


def _dependence(scope: RunTotals, sample: RowSample, ranked: list[int]) -> None:
    panel_head("One feature", "How does its weight change with its value?", DEPENDENCE_HELP)
    if st.session_state.get("overview-feature") not in ranked:
        st.session_state["overview-feature"] = ranked[0]
    at = st.selectbox(
        "Feature",
        ranked,
        format_func=scope.names.__getitem__,
        key="overview-feature",
        persist_state="session",
        label_visibility="collapsed",
    )
    feature = scope.features[at]
    points = dependence_frame(sample, feature, at)
    if points.empty:
        st.info("No row of the sample names this feature.", icon=":material/scatter_plot:")
        return
    known = points if feature.categories is not None else points.dropna(subset=["number"])
    categories = feature.categories or ()
    present = [categories[int(code)] for code in np.unique(known["code"])] if categories else []
    chosen = _chosen_row(sample)
    draw(
        dependence_chart(known, feature.name, chosen, present),
        key="overview-dependence",
        on_select=_follow("overview-dependence", scope),
        selection_mode=[PICKED_POINT],
        alt=f"Weight of {feature.name} by its value: click a point to see its row",
    )
    st.caption(" ".join(_left_out(scope, sample, len(points), len(points) - len(known))))
    places = np.flatnonzero(sample.rows["row_id"] == chosen)
    if len(places):
        row_line(
            scope,
            sample,
            int(places[0]),
            f" · {plain(feature.name)} = {_value(scope, sample, at, places)}",
        )
    else:
        st.caption("Click a point to see its row.")


def _left_out(scope: RunTotals, sample: RowSample, named: int, missing: int) -> list[str]:
    """Return which rows the plot shows and which it leaves out, in words."""
    said = [f"{of_all(sample, scope.totals().rows)}."]
    if named < len(sample):
        said.append(f"{count(len(sample) - named, 'row')} not drawn: the explanation does not name the feature.")
    if missing:
        said.append(f"{count(missing, 'row')} not drawn: the value is missing.")
    return said


def _value(scope: RunTotals, sample: RowSample, at: int, places: Any) -> str:
    return plain(scope.features[at].text(float(sample.values[int(places[0]), at])))


def _chosen_row(sample: RowSample) -> int | None:
    row = st.session_state.get("overview-row")
    return row if row is not None and (sample.rows["row_id"] == row).any() else None


def _follow(key: str, scope: RunTotals) -> Callable[[], None]:
    """Return the action of a click in a chart: choose its row and its feature."""

    def follow() -> None:
        points = st.session_state[key].selection.get(PICKED_POINT) or []
        if points:
            st.session_state["overview-row"] = int(points[0]["row_id"])
            if points[0].get("feature") in scope.names:
                st.session_state["overview-feature"] = scope.names.index(points[0]["feature"])

    return follow
