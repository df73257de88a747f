"""Charts of tuning: fit against stability, and each of them over the grid of settings."""

import altair as alt
import pandas as pd
from altair.typing import ChartType

from sparklime_core.charts.description import described, largest, span
from sparklime_core.charts.palette import AGAINST, AXIS, INK
from sparklime_core.wording import count

PICK = "cell"
"""Name of the selection: a click on a point."""

LIGHT = 0.43
"""From where on the scale of colours black is read better than white."""


def tradeoff_chart(cells: pd.DataFrame, chosen: int) -> ChartType:
    """Draw the fit by stability, a point for each choice of settings.

    Parameters
    ----------
    cells
        ``cell`` (its number), ``kernel_width``, ``num_samples``, ``fit``, ``jaccard`` and ``noise``.
    chosen
        The cell that is marked.
    """
    pick = alt.selection_point(name=PICK, fields=["cell"], on="click", toggle=False)
    base = alt.Chart(cells).encode(
        x=alt.X("jaccard:Q", title="Stability: agreement of the top features (Jaccard)", scale=_ZOOMED),
        y=alt.Y("fit:Q", title="Fit", scale=_ZOOMED),
    )
    dots = (
        base.mark_circle(opacity=0.9)
        .encode(
            color=alt.Color(
                "kernel_width:Q",
                title="Kernel width",
                scale=alt.Scale(scheme=alt.SchemeParams(name="viridis", extent=[0.25, 1])),
                legend=alt.Legend(orient="bottom", tickCount=3),
            ),
            size=alt.Size(
                "num_samples:Q",
                title="Samples",
                scale=alt.Scale(range=[40, 400]),
                legend=alt.Legend(
                    orient="bottom",
                    values=sorted({int(cells["num_samples"].min()), int(cells["num_samples"].max())}),
                    symbolFillColor=INK,
                    symbolStrokeWidth=0,
                ),
            ),
            tooltip=[
                alt.Tooltip("kernel_width:Q", title="Kernel width", format=".3g"),
                alt.Tooltip("num_samples:Q", title="Samples", format=","),
                alt.Tooltip("fit:Q", title="Fit", format=".3f"),
                alt.Tooltip("jaccard:Q", title="Jaccard", format=".3f"),
                alt.Tooltip("noise:Q", title="Noise of a weight", format=".1%"),
            ],
        )
        .add_params(pick)
    )
    ring = (
        base.transform_filter(alt.datum.cell == chosen)
        .mark_point(size=700, color=AGAINST, strokeWidth=2.5)
        .encode(tooltip=alt.value(None))
    )
    description = described(
        f"Points of {count(len(cells), 'choice')} of settings",
        span("fit", cells["fit"]),
        span("stability", cells["jaccard"]),
    )
    return alt.layer(ring, dots).properties(height=380, description=description)


def grid_chart(cells: pd.DataFrame, value: str, title: str, chosen: int) -> ChartType:
    """Draw one figure over the grid of kernel widths and samples.

    Parameters
    ----------
    cells
        As in `tradeoff_chart`.
    value, title
        The column of the figure, and its name for people.
    chosen
        The cell that is marked.
    """
    base = alt.Chart(cells).encode(
        x=alt.X("num_samples:O", title="Samples", axis=alt.Axis(format=",", labelAngle=0)),
        y=alt.Y("kernel_width:O", title="Kernel width", sort="descending", axis=alt.Axis(format=".3g")),
        tooltip=[
            alt.Tooltip("kernel_width:Q", title="Kernel width", format=".3g"),
            alt.Tooltip("num_samples:Q", title="Samples", format=","),
            alt.Tooltip(f"{value}:Q", title=title, format=".3f"),
            alt.Tooltip("seconds:Q", title="Seconds to measure", format=".2f"),
        ],
    )
    low, high = float(cells[value].min()), float(cells[value].max())
    light = alt.datum[value] >= low + LIGHT * (high - low)
    squares = base.mark_rect().encode(
        color=alt.Color(f"{value}:Q", scale=alt.Scale(scheme="viridis"), legend=None)
    )
    ring = base.transform_filter(alt.datum.cell == chosen).mark_rect(filled=False, stroke=AGAINST, strokeWidth=3)
    number = base.mark_text(fontSize=12).encode(
        text=alt.Text(f"{value}:Q", format=".2f"),
        color=alt.condition(light, alt.value("black"), alt.value("white")),
    )
    names = [
        f"kernel width {cell.kernel_width:.3g} with {cell.num_samples:,} samples" for cell in cells.itertuples()
    ]
    widths, sizes = cells["kernel_width"].nunique(), cells["num_samples"].nunique()
    size = f"{count(widths, 'kernel width')} by {count(sizes, 'number')} of samples"
    return alt.layer(squares, ring, number).properties(
        height=AXIS + 34 * cells["kernel_width"].nunique(),
        description=described(f"Matrix of {size}", largest(names, cells[value], "{:.2f}", "highest")),
    )


_ZOOMED = alt.Scale(zero=False, nice=True, padding=12)
