"""The chart of one explanation, as altair has charts."""

from collections.abc import Mapping
from typing import Any

import altair as alt

from sparklime_core.charts.chart_template import WIDTH
from sparklime_core.charts.weights import fold_weights, weights_chart


def weights_plot(result: Mapping[str, Any], bars: int, largest: float) -> alt.LayerChart:
    """Return the weights of a result (of the result's schema) as a chart that a notebook shows.

    Parameters
    ----------
    bars
        How many features have a bar of their own; the others are one bar together.
    largest
        The end of the axis on both sides.
    """
    return weights_chart(fold_weights(result["explanation"], {}, bars), largest).to_altair(WIDTH)
