"""Charts of weights against the values of the features: the beeswarm of all, and one feature's dependence plot."""

import json
from typing import Any

import altair as alt
import pandas as pd
from altair.typing import ChartType

from sparklime_core.charts.description import described, short, span
from sparklime_core.charts.description import largest as strongest
from sparklime_core.charts.palette import AXIS, CHOSEN, FOR, HIGH, LOW, REST
from sparklime_core.printable import printable
from sparklime_core.wording import count

LANE = 48
"""Pixels for each feature: its name, and below it its points."""

NAME_SHARE, MIDDLE, HALF = 0.2, 0.62, 0.29
"""Where in its lane a feature's name and its points are, and how far the points may spread to each side."""

PICK = "point"
"""The name of both charts' selection."""


def swarm_chart(points: pd.DataFrame, features: pd.DataFrame, largest: float, chosen: int | None) -> ChartType:
    """Draw one point a row and feature, in one lane a feature.

    Parameters
    ----------
    points
        ``row_id``, ``feature``, ``lane``, ``offset`` (-1 to 1, within the lane), ``weight``, ``rank`` (of the
        value among the feature's values, 0 to 1; NaN where values have no order) and ``value`` (text).
    features
        ``feature`` and ``lane`` of every lane.
    largest
        The end of the axis on both sides.
    chosen
        The row to mark.
    """
    # A null would take its point off the chart.
    points = points.assign(y=points["lane"] + MIDDLE + HALF * points["offset"], rank=points["rank"].fillna(-1))
    end = 1.03 * largest or 1.0
    lanes = alt.Scale(domain=[0, max(len(features), 1)], nice=False, reverse=True)
    y = alt.Y("y:Q", axis=_names(features), scale=lanes)
    x = alt.X(
        "weight:Q",
        title="Weight",
        scale=alt.Scale(domain=[-end, end], nice=False),
        axis=alt.Axis(tickCount=5),
    )
    dots = (
        alt.Chart(points)
        .mark_circle(size=16, opacity=0.85)
        .encode(
            x=x,
            y=y,
            color=alt.condition(
                "datum.rank >= 0",
                alt.Color(
                    "rank:Q",
                    scale=alt.Scale(domain=[0, 1], range=[LOW, HIGH], interpolate="lab"),
                    legend=None,
                ),
                alt.value(REST),
            ),
            tooltip=_tooltip("Feature"),
        )
        .add_params(alt.selection_point(name=PICK, fields=["row_id", "feature"], on="click", toggle=False))
    )
    zero = alt.Chart(pd.DataFrame({"weight": [0.0]})).mark_rule(color=REST).encode(x=x)
    layers = [zero, dots, *(ring.encode(x=x, y=y) for ring in _ring(points, chosen))]
    names = [f"{short(point.feature)} in row {point.row_id}" for point in points.itertuples()]
    size = f"{count(points['row_id'].nunique(), 'row')} in {count(len(features), 'feature')}"
    description = described(f"Points of {size}", strongest(names, points["weight"]))
    return alt.layer(*layers).properties(height=AXIS + LANE * max(len(features), 1), description=description)


def dependence_chart(points: pd.DataFrame, name: str, chosen: int | None, categories: list[str]) -> ChartType:
    """Draw the weight of a feature against its value, one point a row.

    Parameters
    ----------
    points
        ``row_id``, ``feature``, ``number`` (the value, where it is one), ``value`` (text), ``offset`` (-1 to 1, to
        spread what would lie on one another) and ``weight``.
    name
        The feature, for the axis.
    chosen
        The row to mark.
    categories
        In a categorical feature, its categories in order; empty for numbers.
    """
    y = alt.Y("weight:Q", title="Weight")
    encoding: dict[str, Any] = {"y": y, "tooltip": _tooltip("Feature")}
    if categories:
        encoding["x"] = alt.X("value:N", title=name, sort=categories, axis=_category_axis(categories))
        encoding["xOffset"] = alt.XOffset("offset:Q", scale=alt.Scale(domain=[-1.5, 1.5]))
    else:
        encoding["x"] = alt.X("number:Q", title=name, scale=alt.Scale(zero=False))
    dots = (
        alt.Chart(points)
        .mark_circle(size=34, opacity=0.55, color=FOR)
        .encode(**encoding)
        .add_params(alt.selection_point(name=PICK, fields=["row_id", "feature"], on="click", toggle=False))
    )
    zero = alt.Chart(pd.DataFrame({"weight": [0.0]})).mark_rule(color=REST, strokeDash=[4, 4]).encode(y="weight:Q")
    rings = [ring.encode(**encoding) for ring in _ring(points, chosen)]
    names = [f"at {short(value)}" for value in points["value"]]
    description = described(
        f"Points of {count(len(points), 'row')}",
        span("weights", points["weight"]),
        strongest(names, points["weight"]),
    )
    return alt.layer(zero, dots, *rings).properties(height=380, description=description)


def _names(features: pd.DataFrame) -> alt.Axis:
    """Return an axis that writes each feature's name above its points, on top of them."""
    places = [float(lane) + NAME_SHARE for lane in features["lane"]]
    names = json.dumps([printable(str(name)) for name in features["feature"]])
    return alt.Axis(
        title=None,
        values=places,
        labelExpr=f"{names}[indexof({json.dumps(places)}, datum.value)]",
        labelAlign="left",
        labelPadding=0,
        labelLimit=240,
        labelFontSize=12,
        labelOverlap=False,
        ticks=False,
        domain=False,
        grid=False,
        zindex=1,
    )


def _category_axis(categories: list[str]) -> alt.Axis:
    """Return an axis whose labels lie flat where there is room for them."""
    room = 60 / max(len(categories), 1)
    return alt.Axis(labelLimit=110, labelAngle=0 if max(map(len, categories), default=0) <= room else -40)


def _ring(points: pd.DataFrame, chosen: int | None) -> list[alt.Chart]:
    """Return the rings around the points of the row to mark, if it has any."""
    marked = points[points["row_id"] == chosen]
    if marked.empty:
        return []
    return [alt.Chart(marked).mark_point(size=130, strokeWidth=2.2, color=CHOSEN, filled=False)]


def _tooltip(title: str) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("row_id:Q", title="Row", format="d"),
        alt.Tooltip("feature:N", title=title),
        alt.Tooltip("value:N", title="Value"),
        alt.Tooltip("weight:Q", title="Weight", format="+.4g"),
    ]
