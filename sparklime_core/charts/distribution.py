"""Small charts of a feature's values, with one row's value among them."""

import altair as alt
import pandas as pd
from altair.typing import ChartType

from sparklime_core.charts.chart_parts import described, strongest
from sparklime_core.charts.colours import CHOSEN, INK, REST
from sparklime_core.wording import count, number

HEIGHT = 120

BELOW_NAMES = 0.6
"""Opacity of a bar with a name on it, which can be read on light and on dark."""


def numbers_chart(
    bars: pd.DataFrame,
    edges: tuple[float, ...],
    chosen_bin: tuple[float, float] | None,
    value: float | None,
    colour: str,
) -> ChartType:
    """Draw the histogram of numbers, the bins' borders over it, the row's bin behind it, and the row's value.

    Parameters
    ----------
    bars
        ``low``, ``high`` and ``rows``.
    edges
        Borders of the explainer's bins.
    chosen_bin
        Borders of the bin that the row is in.
    value
        The row's; None where it is missing.
    colour
        Of the row's bin.
    """
    low, high = float(bars["low"].min()), float(bars["high"].max())
    if value is not None:
        low, high = min(low, value), max(high, value)
    x = alt.X(
        "low:Q",
        title=None,
        scale=alt.Scale(domain=[low, high], nice=False),
        axis=alt.Axis(tickCount=5, grid=False),
    )
    histogram = (
        alt.Chart(bars)
        .mark_bar(color=REST, opacity=0.75)
        .encode(
            x=x,
            x2="high:Q",
            y=alt.Y("rows:Q", title=None, axis=None),
            y2=alt.Y2Datum(0),
            tooltip=[
                alt.Tooltip("low:Q", title="From", format=".4~g"),
                alt.Tooltip("high:Q", title="To", format=".4~g"),
                alt.Tooltip("rows:Q", title="Training rows"),
            ],
        )
    )
    layers: list[alt.Chart] = [histogram]
    if chosen_bin is not None:
        band = pd.DataFrame({"low": [chosen_bin[0]], "high": [chosen_bin[1]]})
        layers.insert(0, alt.Chart(band).mark_rect(color=colour, opacity=0.3).encode(x=x, x2="high:Q"))
    if edges:
        borders = pd.DataFrame({"low": [edge for edge in edges if low <= edge <= high]})
        layers.append(alt.Chart(borders).mark_rule(color=INK, strokeDash=[3, 3], opacity=0.6).encode(x=x))
    if value is not None:
        layers.append(
            alt.Chart(pd.DataFrame({"low": [value]})).mark_rule(color=CHOSEN, strokeWidth=2.5).encode(x=x)
        )
    bins = [f"{number(low)} to {number(high)}:" for low, high in zip(bars["low"], bars["high"], strict=True)]
    description = described(
        f"Histogram of {count(len(bars), 'bin')}",
        strongest(bins, bars["rows"], "{:,.0f}", "most training rows"),
        "this row's value is missing" if value is None else f"this row: {number(value)}",
    )
    return alt.layer(*layers).properties(height=HEIGHT, description=description)


def categories_chart(bars: pd.DataFrame, colour: str, places: tuple[str, ...]) -> ChartType:
    """Draw how many rows have each category, the row's own in a colour.

    Parameters
    ----------
    bars
        ``order``, ``name``, ``rows`` and ``place``.
    colour
        Of the row's own category.
    places
        The row's own, and the others': what ``place`` says.
    """
    base = alt.Chart(bars).encode(
        y=alt.Y("order:O", axis=None, scale=alt.Scale(paddingInner=0.25)),
        tooltip=[alt.Tooltip("name:N", title="Category"), alt.Tooltip("rows:Q", title="Training rows")],
    )
    bar = base.mark_bar(cornerRadiusEnd=2, opacity=BELOW_NAMES).encode(
        x=alt.X("rows:Q", title=None, axis=None),
        color=alt.Color("place:N", scale=alt.Scale(domain=list(places), range=[colour, REST]), legend=None),
    )
    name = base.mark_text(align="left", baseline="middle", dx=4, limit=260, fontSize=11, color=INK).encode(
        x=alt.value(0), text="name:N"
    )
    own = bars[bars["place"] == places[0]]
    description = described(
        f"Bar chart of {count(len(bars), 'bar')}",
        strongest(bars["name"], bars["rows"], "{:,.0f}", "most training rows"),
        strongest(own["name"], own["rows"], "{:,.0f}", "this row"),
    )
    return alt.layer(bar, name).properties(height=20 * max(len(bars), 2), description=description)
