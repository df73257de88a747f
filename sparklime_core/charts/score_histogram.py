"""The chart of how well the explanations of many rows fit."""

import altair as alt
import pandas as pd
from altair.typing import ChartType

from sparklime_core.charts.description import described, largest
from sparklime_core.charts.palette import FOR
from sparklime_core.wording import count


def scores_chart(bins: pd.DataFrame) -> ChartType:
    """Draw how many explanations have which fit.

    Parameters
    ----------
    bins
        ``low`` and ``high`` (of the fit, from 0 to 1) and ``rows``.
    """
    names = [f"fit from {bin_.low:.3g} to {bin_.high:.3g}:" for bin_ in bins.itertuples()]
    says = largest(names, bins["rows"], "{:,.0f}", "most explanations")
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
