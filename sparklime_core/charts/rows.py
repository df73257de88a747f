"""The chart of many rows, in which one is picked by a click."""

import altair as alt
import pandas as pd
from altair.typing import ChartType

from sparklime_core.charts.palette import AGAINST, FOR

OUTCOMES = ("right", "wrong")
PICK = "picked"
"""The name of the chart's selection."""


def fidelity_chart(points: pd.DataFrame, chosen: int | None, *, regression: bool, name: str) -> ChartType:
    """Draw what the model says of each row against how well its explanation fits.

    Parameters
    ----------
    points
        ``row_id``, ``prediction``, ``score`` (local R²), ``truth`` (text), ``outcome`` (one of `OUTCOMES`; in
        regression the same for all) and, in regression, ``true_value``.
    chosen
        The row to mark.
    regression
        Whether to draw the predicted against the true value instead.
    name
        What is predicted, for the axis.
    """
    pick = alt.selection_point(name=PICK, fields=["row_id"], on="click", toggle=False)
    x = (
        alt.X("true_value:Q", title=f"True {name}", scale=alt.Scale(zero=False))
        if regression
        else alt.X("prediction:Q", title="Probability of the predicted class")
    )
    y = (
        alt.Y("prediction:Q", title=f"Predicted {name}", scale=alt.Scale(zero=False))
        if regression
        else alt.Y("score:Q", title="Local R² of the explanation")
    )
    colour = (
        alt.Color("score:Q", title="Local R²", scale=alt.Scale(scheme="viridis"))
        if regression
        else alt.Color(
            "outcome:N",
            title="The model is",
            scale=alt.Scale(domain=list(OUTCOMES), range=[FOR, AGAINST]),
            legend=alt.Legend(orient="top"),
        )
    )
    tooltip = [
        alt.Tooltip("row_id:Q", title="Row"),
        alt.Tooltip("truth:N", title="True"),
        alt.Tooltip("prediction:Q", title="Prediction", format=".4~g"),
        alt.Tooltip("score:Q", title="Local R²", format=".3f"),
    ]
    dots = (
        alt.Chart(points)
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
        .mark_point(size=260, strokeWidth=2.5, color="#d0312d", filled=False)
        .encode(x=x, y=y)
    )
    return alt.layer(dots, ring).properties(height=420)
