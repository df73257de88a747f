"""Charts of points, one per row, which a click picks: fits, the beeswarm of features, and one feature's values."""

import json
from typing import Any

import altair as alt
import pandas as pd
from altair.typing import ChartType

from sparklime_core.charts.chart_parts import described, short, span, strongest
from sparklime_core.charts.colours import AGAINST, AXIS, CHOSEN, FOR, HIGH, LOW, REST
from sparklime_core.printable import printable
from sparklime_core.wording import count

OUTCOMES = ("right", "wrong")
PICKED_ROW = "picked"
"""Name of the selection in `fidelity_chart`."""

SWARM_LANE = 48
"""Pixels for each feature: its name, and below it its points."""

NAME_SHARE, MIDDLE, HALF = 0.2, 0.62, 0.29
"""Where in its lane a feature's name and its points are, and how far the points may spread to each side."""

PICKED_POINT = "point"
"""Name of the selection in `swarm_chart` and `dependence_chart`."""


def fidelity_chart(
    points: pd.DataFrame,
    chosen: int | None,
    *,
    target: str | None,
    says: str = "Probability of the predicted class",
    behind: pd.DataFrame | None = None,
) -> ChartType:
    """Draw what the model says of each row against how well its explanation fits.

    Parameters
    ----------
    points
        ``row_id``, ``prediction``, ``fit``, ``truth`` (text), ``outcome`` (one of `OUTCOMES`; in
        regression the same for all) and, in regression, ``true_value``.
    chosen
        The row to mark.
    target
        In regression, name of the target: the predicted value is drawn against the true one.
    says
        With classes, what the predictions are.
    behind
        How many of all rows lie where, when the points are only some of them: cells with the borders ``x0``,
        ``x1``, ``y0`` and ``y1``, and ``rows``.
    """
    pick = alt.selection_point(name=PICKED_ROW, fields=["row_id"], on="click", toggle=False)
    if target is None:
        across, up = says, "Fit of the explanation"
        fields = "prediction:Q", "fit:Q"
        colour = alt.Color(
            "outcome:N",
            title="The model is",
            scale=alt.Scale(domain=list(OUTCOMES), range=[FOR, AGAINST]),
            legend=alt.Legend(orient="top"),
        )
    else:
        across, up = f"True {target}", f"Predicted {target}"
        fields = "true_value:Q", "prediction:Q"
        colour = alt.Color("fit:Q", title="Fit", scale=alt.Scale(scheme="viridis"))
    scale = alt.Scale(zero=False)
    x = alt.X(fields[0], title=across, scale=scale)
    y = alt.Y(fields[1], title=up, scale=scale)
    tooltip = [
        alt.Tooltip("row_id:Q", title="Row"),
        alt.Tooltip("truth:N", title="True"),
        alt.Tooltip("prediction:Q", title="Prediction", format=".4~g"),
        alt.Tooltip("fit:Q", title="Fit", format=".3f"),
    ]
    # Wrong ones are drawn last, and so on top: they are what one looks for.
    dots = (
        alt.Chart(points.sort_values("outcome", key=lambda names: names.map(OUTCOMES.index), kind="stable"))
        .mark_point(filled=True, size=55, opacity=0.65)
        .encode(
            x=x,
            y=y,
            color=colour,
            shape=alt.Shape(
                "outcome:N", scale=alt.Scale(domain=list(OUTCOMES), range=["circle", "diamond"]), legend=None
            ),
            tooltip=tooltip,
        )
        .add_params(pick)
    )
    ring = (
        alt.Chart(points[points["row_id"] == chosen])
        .mark_point(size=260, strokeWidth=2.5, color=CHOSEN, filled=False)
        .encode(x=x, y=y)
    )
    layers: list[ChartType] = [dots, ring] if behind is None else [_density(behind, across, up), dots, ring]
    wrong = int((points["outcome"] == OUTCOMES[1]).sum())
    description = described(
        f"Points of {count(len(points), 'row')}",
        span("predictions", points["prediction"]),
        span("fit", points["fit"]),
        f"{wrong:,} wrong" if target is None else span("true values", points["true_value"]),
    )
    return alt.layer(*layers).properties(height=420, description=description)


def _density(cells: pd.DataFrame, across: str, up: str) -> ChartType:
    """Draw cells, the darker the more rows they hold; by the logarithm, so that single rows stay in view."""
    drawn: ChartType = (
        alt.Chart(cells)
        .mark_rect(color=REST)
        .encode(
            x=alt.X("x0:Q", title=across),
            x2="x1:Q",
            y=alt.Y("y0:Q", title=up),
            y2="y1:Q",
            opacity=alt.Opacity("rows:Q", scale=alt.Scale(type="log", range=[0.08, 0.55]), legend=None),
            tooltip=[alt.Tooltip("rows:Q", title="Rows here", format=",")],
        )
    )
    return drawn


def swarm_chart(points: pd.DataFrame, features: pd.DataFrame, largest: float, chosen: int | None) -> ChartType:
    """Draw one point per row and feature, in one lane per feature.

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
    y = alt.Y("y:Q", axis=_name_axis(features), scale=lanes)
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
        .add_params(alt.selection_point(name=PICKED_POINT, fields=["row_id", "feature"], on="click", toggle=False))
    )
    zero = alt.Chart(pd.DataFrame({"weight": [0.0]})).mark_rule(color=REST).encode(x=x)
    layers = [zero, dots, *(ring.encode(x=x, y=y) for ring in _ring(points, chosen))]
    names = [f"{short(point.feature)} in row {point.row_id}" for point in points.itertuples()]
    size = f"{count(points['row_id'].nunique(), 'row')} in {count(len(features), 'feature')}"
    description = described(f"Points of {size}", strongest(names, points["weight"]))
    return alt.layer(*layers).properties(height=AXIS + SWARM_LANE * max(len(features), 1), description=description)


def dependence_chart(points: pd.DataFrame, name: str, chosen: int | None, categories: list[str]) -> ChartType:
    """Draw the weight of a feature against its value, one point per row.

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
        .add_params(alt.selection_point(name=PICKED_POINT, fields=["row_id", "feature"], on="click", toggle=False))
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


def _name_axis(features: pd.DataFrame) -> alt.Axis:
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
