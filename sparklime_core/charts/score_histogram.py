"""The chart of how well the explanations of many rows fit."""

import altair as alt
import pandas as pd
from altair.typing import ChartType

from sparklime_core.charts.palette import FOR


def scores_chart(bins: pd.DataFrame) -> ChartType:
    """Draw how many explanations have which fit.

    Parameters
    ----------
    bins
        ``low`` and ``high`` (of the fit, from 0 to 1) and ``rows``.
    """
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
        .properties(height=180)
    )
    return chart
