"""Charts of all rows together: mean weights, two groups of rows, the fit of explanations, and the heat map."""

import json

import altair as alt
import pandas as pd
from altair.typing import ChartType

from sparklime_core.charts.chart_parts import (
    BAR_Y,
    LANE,
    Y,
    described,
    lane_names,
    lane_numbers,
    short,
    strongest,
)
from sparklime_core.charts.chart_template import zero_line
from sparklime_core.charts.colours import AGAINST, AXIS, FIRST, FOR, INK, REST, SECOND
from sparklime_core.printable import printable
from sparklime_core.wording import count

MORE = ("more in the first", "more in the second", "not clear")
PICKED_CELL = "cell"
"""Name of the heat map's selection."""

MAP_HEIGHT = 540


def means_chart(features: pd.DataFrame) -> ChartType:
    """Draw how much each feature matters over many rows, and in which direction.

    A bar's right part is the mean of the weights above 0, its left part that of the weights below 0: its whole
    length is the mean \\|weight\\|. A tick marks the mean weight.

    Parameters
    ----------
    features
        Strongest first: ``order``, ``feature``, ``up`` and ``down`` (the two parts, of opposite signs), ``mean``,
        ``strength`` (mean \\|weight\\|), ``shown`` (it as text), ``raising`` (share of the rows that name the
        feature in which it raises) and ``named`` (share of the rows that name it).
    """
    tooltip = [
        alt.Tooltip("feature:N", title="Feature"),
        alt.Tooltip("strength:Q", title="Mean |weight|", format=".4g"),
        alt.Tooltip("mean:Q", title="Mean weight", format="+.4g"),
        alt.Tooltip("named:Q", title="Rows that name it", format=".1%"),
        alt.Tooltip("raising:Q", title="Of these, it raises in", format=".1%"),
    ]
    base = alt.Chart(features).encode(y=Y, tooltip=tooltip)
    end = float(features[["up", "down"]].abs().to_numpy().max()) if len(features) else 0.0
    scale = alt.Scale(domain=[-(end or 1.0), end or 1.0], nice=False)
    bars = [
        base.mark_bar(height=12, yOffset=BAR_Y, color=colour, cornerRadiusEnd=2).encode(
            x=alt.X(
                f"{side}:Q", title="Mean of the weights above and below 0", scale=scale, axis=alt.Axis(tickCount=5)
            )
        )
        for side, colour in (("up", FOR), ("down", AGAINST))
    ]
    tick = base.mark_tick(height=16, thickness=2.5, yOffset=BAR_Y, color=INK).encode(x="mean:Q")
    says = strongest(features["feature"], features["strength"], "{:.3g}", "largest mean |weight|")
    return _with_names(features, [zero_line(REST), *bars, tick], base, says)


def difference_chart(features: pd.DataFrame, title: str) -> ChartType:
    """Draw the difference of two groups of rows by feature, with its interval.

    Parameters
    ----------
    features
        Largest difference first: ``order``, ``feature``, ``first``, ``second``, ``difference``, ``shown`` (it as
        text), ``low`` and ``high`` (its interval; NaN: none) and ``kind`` (one of `MORE`).
    title
        What differs, for the axis.
    """
    tooltip = [
        alt.Tooltip("feature:N", title="Feature"),
        alt.Tooltip("first:Q", title="First group", format="+.4g"),
        alt.Tooltip("second:Q", title="Second group", format="+.4g"),
        alt.Tooltip("difference:Q", title="Difference", format="+.4g"),
        alt.Tooltip("low:Q", title="95% interval from", format="+.4g"),
        alt.Tooltip("high:Q", title="to", format="+.4g"),
    ]
    base = alt.Chart(features).encode(y=Y, tooltip=tooltip)
    ends = features[["difference", "low", "high"]].abs().max().max() if len(features) else 0.0
    end = float(ends) * 1.02 or 1.0
    x = alt.X(
        "difference:Q", title=title, scale=alt.Scale(domain=[-end, end], nice=False), axis=alt.Axis(tickCount=5)
    )
    colour = alt.Color("kind:N", scale=alt.Scale(domain=list(MORE), range=[FIRST, SECOND, REST]), legend=None)
    bar = base.mark_bar(height=10, yOffset=BAR_Y, opacity=0.55).encode(x=x, color=colour)
    known = base.transform_filter("isValid(datum.low) && isValid(datum.high)")
    interval = known.mark_rule(strokeWidth=2, yOffset=BAR_Y).encode(x="low:Q", x2="high:Q", color=colour)
    point = base.mark_point(filled=True, size=60, yOffset=BAR_Y, opacity=1).encode(x="difference:Q", color=colour)
    says = strongest(features["feature"], features["difference"], what="largest difference")
    return _with_names(features, [zero_line(REST), bar, interval, point], base, says)


def _with_names(features: pd.DataFrame, layers: list[alt.Chart], base: alt.Chart, says: str) -> ChartType:
    """Write above each lane the feature's name, and at its end a number; `says` is what stands out."""
    texts = lane_names(base, "feature:N", 240), lane_numbers(base)
    description = described(f"Bar chart of {count(len(features), 'feature')}", says)
    return alt.layer(*layers, *texts).properties(
        height=AXIS + LANE * max(len(features), 1), description=description
    )


def importance_chart(features: pd.DataFrame) -> ChartType:
    """Draw the mean absolute weight of each feature over many rows.

    Parameters
    ----------
    features
        ``feature``, ``mean_weight`` (mean \\|weight\\|) and ``rows`` (that name it), strongest first.
    """
    chart: ChartType = (
        alt.Chart(features)
        .mark_bar(color=FOR, height=14, cornerRadiusEnd=2)
        .encode(
            x=alt.X("mean_weight:Q", title="Mean |weight| over these rows"),
            y=alt.Y("feature:N", sort=list(features["feature"]), title=None, axis=alt.Axis(labelLimit=180)),
            tooltip=[
                alt.Tooltip("feature:N", title="Feature"),
                alt.Tooltip("mean_weight:Q", title="Mean |weight|", format=".4g"),
                alt.Tooltip("rows:Q", title="Rows"),
            ],
        )
        .properties(
            height=AXIS + 22 * len(features),
            description=described(
                f"Bar chart of {count(len(features), 'feature')}",
                strongest(features["feature"], features["mean_weight"], "{:.3g}", "largest mean |weight|"),
            ),
        )
    )
    return chart


def scores_chart(bins: pd.DataFrame) -> ChartType:
    """Draw how many explanations have which fit.

    Parameters
    ----------
    bins
        ``low`` and ``high`` (of the fit, from 0 to 1) and ``rows``.
    """
    names = [f"fit from {bin_.low:.3g} to {bin_.high:.3g}:" for bin_ in bins.itertuples()]
    says = strongest(names, bins["rows"], "{:,.0f}", "most explanations")
    chart: ChartType = (
        alt.Chart(bins)
        .mark_bar(color=FOR, binSpacing=1)
        .encode(
            x=alt.X("low:Q", bin="binned", title="Fit", scale=alt.Scale(domain=[0, 1])),
            x2="high:Q",
            y=alt.Y("rows:Q", title="Explanations"),
            tooltip=[
                alt.Tooltip("low:Q", title="From"),
                alt.Tooltip("high:Q", title="To"),
                alt.Tooltip("rows:Q", title="Explanations", format=","),
            ],
        )
        .properties(height=180, description=described(f"Histogram of {count(len(bins), 'bin')}", says))
    )
    return chart


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
        .add_params(alt.selection_point(name=PICKED_CELL, fields=["row_id"], on="click", toggle=False))
        .properties(height=MAP_HEIGHT, description=_map_description(cells, groups, features))
    )
    return chart


def _map_description(cells: pd.DataFrame, groups: pd.DataFrame, features: list[str]) -> str:
    names = [
        f"{short(cell.feature)} in row {cell.row_id} of group {short(cell.group)}" for cell in cells.itertuples()
    ]
    size = f"{count(cells['row_id'].nunique(), 'row')} in {count(len(groups), 'group')}"
    return described(f"Matrix of {size} by {count(len(features), 'feature')}", strongest(names, cells["weight"]))
