"""The chart of many rows, in which one is picked by a click."""

import altair as alt
import pandas as pd
from altair.typing import ChartType

from sparklime_core.charts.description import described, span
from sparklime_core.charts.palette import AGAINST, CHOSEN, FOR, REST
from sparklime_core.wording import count

OUTCOMES = ("right", "wrong")
PICK = "picked"
"""The name of the chart's selection."""


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
    pick = alt.selection_point(name=PICK, fields=["row_id"], on="click", toggle=False)
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
