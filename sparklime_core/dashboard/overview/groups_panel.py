"""The panel of groups: rows that the model judges for similar reasons, as a heat map and one by one."""

import numpy as np
import streamlit as st

from sparklime_core.charts.overview import PICKED_CELL, heat_map
from sparklime_core.charts.weights import weight_text
from sparklime_core.dashboard.overview.frames import HEAT_ROWS, group_name, group_reasons, heat_frame, ranking
from sparklime_core.dashboard.overview.panel_parts import RunTotals, legend, of_all, panel_head, row_line, row_link
from sparklime_core.dashboard.shared.elements import draw
from sparklime_core.dashboard.shared.messages import plain
from sparklime_core.dashboard.shared.session_state import clicked_point
from sparklime_core.runs.query.weights import RowSample
from sparklime_core.runs.weight_statistics import FEWEST_ROWS, MOST_GROUPS, Groups
from sparklime_core.wording import count

COLUMNS = 20
"""The most features of a heat map."""

HEAT_HELP = (
    "One line per row, one column per feature, the strongest on the left. The colour says for or "
    "against, its strength how much. An empty cell is a feature that the row's explanation does not "
    "name. Rows with similar weights are neighbours (hierarchical clustering, Ward's method), and the "
    "rows of one group are together. Click a cell to see its row."
)
GROUPS_HELP = (
    "Rows with similar weights: the model judges them for similar reasons, even where their values "
    "differ. The automatic choice is the number of groups, from 2 to 8, with the best separation. "
    "Separation is the mean silhouette: 1 is clear, around 0 there are hardly any groups. The typical "
    "row is nearest to the group's mean weights."
)


def groups_panel(scope: RunTotals) -> None:
    """Draw the panel."""
    sample = scope.sample()
    ranked = ranking(scope.totals(), scope.names)
    if len(sample) < FEWEST_ROWS or not ranked:
        st.info(f"Groups need at least {FEWEST_ROWS} explained rows with weights.", icon=":material/workspaces:")
        return
    left, right = st.columns([12, 10], gap="medium")
    with right:
        panel_head("Groups", "Which rows does the model judge for similar reasons?", GROUPS_HELP)
        groups = scope.groups(_count(len(sample)))
        _cards(scope, sample, groups)
    with left:
        panel_head("Rows by features", "Which patterns do the explanations show?", HEAT_HELP)
        _map(scope, sample, groups, ranked[:COLUMNS])


def _count(rows: int) -> int | None:
    chosen = st.segmented_control(
        "Number of groups",
        ["automatic", *(str(number) for number in range(2, min(MOST_GROUPS, rows) + 1))],
        default="automatic",
        key="overview-groups",
        bind="query-params",
        required=True,
    )
    return int(chosen) if chosen and chosen.isdigit() else None


def _map(scope: RunTotals, sample: RowSample, groups: Groups, shown: list[int]) -> None:
    cells, bands = heat_frame(sample, groups, scope.features, shown)
    st.markdown(legend(scope))
    event = draw(
        heat_map(cells, bands, [scope.names[at] for at in shown], float(np.quantile(cells["strength"], 0.98))),
        key="overview-heat",
        on_select="rerun",
        selection_mode=[PICKED_CELL],
        alt=f"Weights of {count(len(shown), 'feature')} by row, in groups: click a cell to see its row",
    )
    rows = scope.totals().rows
    st.caption(f"{of_all(sample, rows, min(len(sample), HEAT_ROWS))}.")
    clicked = clicked_point(event.selection.get(PICKED_CELL) or [])
    places = np.flatnonzero(sample.rows["row_id"] == clicked)
    if len(places):
        row_line(scope, sample, int(places[0]), f" · group {group_name(groups.group[places[0]])}")


def _cards(scope: RunTotals, sample: RowSample, groups: Groups) -> None:
    if len(groups.typical) == 1:
        st.info("All these explanations are equal, so there is one group.", icon=":material/workspaces:")
    for number, typical in enumerate(groups.typical):
        members = groups.group == number
        with st.container(border=True, gap="xsmall"):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(f"**{group_name(number)}**", width="content")
                st.caption(_size(scope, sample, members), width="content")
            reasons = group_reasons(sample, members, scope.names)
            st.markdown(
                " &nbsp; ".join(f"{plain(name)} **{weight_text(mean)}**" for name, mean in reasons) or "no weights"
            )
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                st.caption("Typical:", width="content")
                row_link(scope, int(sample.rows["row_id"].iloc[typical]))
    apart = "" if groups.silhouette is None else f" Mean silhouette {groups.silhouette:.2f}."
    st.caption(
        f"{of_all(sample, scope.totals().rows)}; each group is listed with its largest mean weights.{apart}"
    )


def _size(scope: RunTotals, sample: RowSample, members: np.ndarray) -> str:
    """Return a group's size, its mean R² and its number of wrong predictions, in words."""
    rows = sample.rows[members]
    facts = [f"{count(len(rows), 'row')} ({len(rows) / len(sample):.0%})", f"mean R² {rows['score'].mean():.2f}"]
    known = rows["wrong"].dropna()
    if not scope.regression and len(known):
        facts.append(f"wrong in {int(known.sum()):,}")
    return " · ".join(facts)
