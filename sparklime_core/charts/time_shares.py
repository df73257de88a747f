"""The chart of what a run's time went to."""

import altair as alt
import pandas as pd
from altair.typing import ChartType

from sparklime_core.charts.description import described, largest
from sparklime_core.charts.palette import AXIS, EXECUTORS
from sparklime_core.wording import count

LAST = "#a67c52"
"""One more part than there are colours for executors."""

LEGEND = 64
"""Pixels of the legend above the bar, in up to three lines."""


def shares_chart(parts: pd.DataFrame) -> ChartType:
    """Draw one stacked bar.

    Parameters
    ----------
    parts
        ``part``, ``seconds``, ``share`` and ``how`` (it is measured), in their order.
    """
    names = list(parts["part"])
    colours = [*EXECUTORS, LAST][: len(names)]
    ordered = parts.assign(order=range(len(parts)))
    chart: ChartType = (
        alt.Chart(ordered)
        .mark_bar(height=30)
        .encode(
            x=alt.X("seconds:Q", title="Seconds of wall time", stack="zero"),
            color=alt.Color(
                "part:N",
                scale=alt.Scale(domain=names, range=colours),
                legend=alt.Legend(title=None, orient="top", columns=5, labelLimit=180),
            ),
            order="order:Q",
            tooltip=[
                alt.Tooltip("part:N", title="Part"),
                alt.Tooltip("seconds:Q", title="Seconds", format=".2f"),
                alt.Tooltip("share:Q", title="Share", format=".1%"),
                alt.Tooltip("how:N", title="Measured"),
            ],
        )
        .properties(
            height=AXIS + LEGEND + 40,
            description=described(
                f"One bar of {count(len(parts), 'part')}", largest(parts["part"], parts["seconds"], "{:.2f} s")
            ),
        )
    )
    return chart
