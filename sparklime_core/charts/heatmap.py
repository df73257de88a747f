"""The heat map of explanations: one line a row, one column a feature, rows of one group together."""

import json

import altair as alt
import pandas as pd
from altair.typing import ChartType

from sparklime_core.charts.description import described, largest, short
from sparklime_core.charts.palette import AGAINST, FOR
from sparklime_core.printable import printable
from sparklime_core.wording import count

PICK = "cell"
"""The name of the chart's selection."""

HEIGHT = 540


def heat_map(cells: pd.DataFrame, groups: pd.DataFrame, features: list[str], most: float) -> ChartType:
    """Draw the weights as cells: the colour says for or against, its strength how much.

    Strength is opacity, so that a weak cell has the page's own colour on light and on dark.

    Parameters
    ----------
    cells
        ``row_id``, ``top`` and ``bottom`` (the row's place), ``feature``, ``weight``, ``side`` (``"for"`` or
        ``"against"``), ``strength`` (\\|weight\\|), ``value`` (text) and ``group``; a cell that is not named by
        its row's explanation is left out.
    groups
        ``name``, ``middle`` and ``bottom`` of every group, from the top.
    features
        Names of the columns, from left to right.
    most
        The \\|weight\\| that has the full colour.
    """
    middles, names = json.dumps(list(groups["middle"])), json.dumps([printable(name) for name in groups["name"]])
    rows = alt.Axis(
        title=None,
        values=list(groups["middle"]),
        labelExpr=f"{names}[indexof({middles}, datum.value)]",
        labelFontSize=13,
        labelFontWeight=600,
        ticks=False,
        domain=False,
        grid=False,
    )
    height = float(groups["bottom"].max()) if len(groups) else 1.0
    chart: ChartType = (
        alt.Chart(cells)
        .mark_rect()
        .encode(
            x=alt.X(
                "feature:N",
                scale=alt.Scale(domain=features),
                title=None,
                axis=alt.Axis(
                    orient="top", labelAngle=-50, labelLimit=110, labelOverlap=False, ticks=False, domain=False
                ),
            ),
            y=alt.Y("top:Q", axis=rows, scale=alt.Scale(domain=[0, height], nice=False, reverse=True)),
            y2="bottom:Q",
            color=alt.Color(
                "side:N", scale=alt.Scale(domain=["for", "against"], range=[FOR, AGAINST]), legend=None
            ),
            opacity=alt.Opacity(
                "strength:Q", scale=alt.Scale(domain=[0, most or 1.0], range=[0, 1], clamp=True), legend=None
            ),
            tooltip=[
                alt.Tooltip("row_id:Q", title="Row", format="d"),
                alt.Tooltip("group:N", title="Group"),
                alt.Tooltip("feature:N", title="Feature"),
                alt.Tooltip("value:N", title="Value"),
                alt.Tooltip("weight:Q", title="Weight", format="+.4g"),
            ],
        )
        .add_params(alt.selection_point(name=PICK, fields=["row_id"], on="click", toggle=False))
        .properties(height=HEIGHT, description=_description(cells, groups, features))
    )
    return chart


def _description(cells: pd.DataFrame, groups: pd.DataFrame, features: list[str]) -> str:
    names = [
        f"{short(cell.feature)} in row {cell.row_id} of group {short(cell.group)}" for cell in cells.itertuples()
    ]
    size = f"{count(cells['row_id'].nunique(), 'row')} in {count(len(groups), 'group')}"
    return described(f"Matrix of {size} by {count(len(features), 'feature')}", largest(names, cells["weight"]))
