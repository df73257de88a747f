"""Charts of all rows together: the mean weights of the features, and how two groups of rows differ in them."""

import altair as alt
import pandas as pd
from altair.typing import ChartType

from sparklime_core.charts.description import described, largest
from sparklime_core.charts.lanes import BAR_Y, LANE, Y, lane_names, lane_numbers
from sparklime_core.charts.palette import AGAINST, AXIS, FIRST, FOR, INK, REST, SECOND
from sparklime_core.wording import count

SIDES = ("raises it", "lowers it")
MORE = ("more in the first", "more in the second", "not clear")


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
    base = _lanes(features, tooltip)
    end = float(features[["up", "down"]].abs().to_numpy().max()) if len(features) else 0.0
    scale = alt.Scale(domain=[-(end or 1.0), end or 1.0], nice=False)
    bars = [
        base.mark_bar(height=12, yOffset=BAR_Y, color=colour, cornerRadiusEnd=2).encode(
            x=alt.X(f"{side}:Q", title="Mean of the weights above and below 0", scale=scale, axis=_axis())
        )
        for side, colour in (("up", FOR), ("down", AGAINST))
    ]
    tick = base.mark_tick(height=16, thickness=2.5, yOffset=BAR_Y, color=INK).encode(x="mean:Q")
    says = largest(features["feature"], features["strength"], "{:.3g}", "largest mean |weight|")
    return _named(features, [_zero(), *bars, tick], base, says)


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
    base = _lanes(features, tooltip)
    ends = features[["difference", "low", "high"]].abs().max().max() if len(features) else 0.0
    end = float(ends) * 1.02 or 1.0
    x = alt.X("difference:Q", title=title, scale=alt.Scale(domain=[-end, end], nice=False), axis=_axis())
    colour = alt.Color("kind:N", scale=alt.Scale(domain=list(MORE), range=[FIRST, SECOND, REST]), legend=None)
    bar = base.mark_bar(height=10, yOffset=BAR_Y, opacity=0.55).encode(x=x, color=colour)
    known = base.transform_filter("isValid(datum.low) && isValid(datum.high)")
    interval = known.mark_rule(strokeWidth=2, yOffset=BAR_Y).encode(x="low:Q", x2="high:Q", color=colour)
    point = base.mark_point(filled=True, size=60, yOffset=BAR_Y, opacity=1).encode(x="difference:Q", color=colour)
    says = largest(features["feature"], features["difference"], what="largest difference")
    return _named(features, [_zero(), bar, interval, point], base, says)


def _lanes(features: pd.DataFrame, tooltip: list[alt.Tooltip]) -> alt.Chart:
    chart: alt.Chart = alt.Chart(features).encode(y=Y, tooltip=tooltip)
    return chart


def _named(features: pd.DataFrame, layers: list[alt.Chart], base: alt.Chart, says: str) -> ChartType:
    """Write above each lane the feature's name, and at its end a number; `says` is what stands out."""
    texts = lane_names(base, "feature:N", 240), lane_numbers(base)
    description = described(f"Bar chart of {count(len(features), 'feature')}", says)
    return alt.layer(*layers, *texts).properties(
        height=AXIS + LANE * max(len(features), 1), description=description
    )


def _axis() -> alt.Axis:
    return alt.Axis(tickCount=5)


def _zero() -> alt.Chart:
    line: alt.Chart = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=REST).encode(x="zero:Q")
    return line
