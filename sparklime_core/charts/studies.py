"""Charts of the two studies: a race of the engines, and the tuning of settings."""

import altair as alt
import pandas as pd
from altair.typing import ChartType

from sparklime_core.charts.chart_parts import described, short, span, strongest
from sparklime_core.charts.colours import AGAINST, AXIS, EXECUTORS, FOR, INK, REST
from sparklime_core.wording import count, duration

RACE_HEIGHT = 300
PICKED_CELL = "cell"
"""Name of the selection of `tradeoff_chart`."""

LIGHT = 0.43
"""From where on the scale of colours black is read better than white."""


def lanes_chart(points: pd.DataFrame, rows: int, names: list[str]) -> ChartType:
    """Draw rows explained over time, a line for each contestant, all starting at 0.

    Parameters
    ----------
    points
        ``contestant``, ``seconds`` and ``rows``.
    rows
        Of the sample: the finishing line.
    names
        All contestants, in their order, which decides their colours.
    """
    colour = alt.Color(
        "contestant:N",
        scale=alt.Scale(domain=names, range=list(EXECUTORS[: len(names)])),
        legend=alt.Legend(title=None, orient="top", columns=2, labelLimit=240),
    )
    base = alt.Chart(points).encode(
        x=alt.X("seconds:Q", title="Seconds of explaining, without start-up"),
        y=alt.Y("rows:Q", title="Rows explained", scale=alt.Scale(domain=[0, max(rows, 1)])),
        color=colour,
        tooltip=[
            alt.Tooltip("contestant:N", title="Contestant"),
            alt.Tooltip("seconds:Q", title="Seconds", format=".2f"),
            alt.Tooltip("rows:Q", title="Rows"),
        ],
    )
    goal = alt.Chart(pd.DataFrame({"rows": [rows]})).mark_rule(color=REST, strokeDash=[4, 4]).encode(y="rows:Q")
    line, dots = base.mark_line(strokeWidth=2.5), base.mark_circle(size=30)
    last = points.sort_values("seconds", kind="stable").drop_duplicates("contestant", keep="last")
    places = [
        f"{short(name)} {count(rows, 'row')} after {duration(seconds)}"
        for name, rows, seconds in zip(last["contestant"], last["rows"], last["seconds"], strict=True)
    ]
    description = described(f"Lines of {count(len(names), 'contestant')}", ", ".join(places))
    return alt.layer(goal, line, dots).properties(height=RACE_HEIGHT, description=description)


def times_chart(parts: pd.DataFrame, names: list[str]) -> ChartType:
    """Draw what each contestant's time went to, as a stacked bar.

    Parameters
    ----------
    parts
        ``contestant``, ``part`` (``"start-up"`` or ``"explaining"``) and ``seconds``.
    names
        All contestants, in their order.
    """
    times = [
        f"{short(name)} {duration(seconds)} {part}"
        for name, part, seconds in zip(parts["contestant"], parts["part"], parts["seconds"], strict=True)
    ]
    chart: ChartType = (
        alt.Chart(parts)
        .mark_bar(height=20)
        .encode(
            x=alt.X("seconds:Q", title="Seconds"),
            y=alt.Y("contestant:N", title=None, sort=names, axis=alt.Axis(labelLimit=200)),
            color=alt.Color(
                "part:N",
                scale=alt.Scale(domain=["start-up", "explaining"], range=[REST, FOR]),
                legend=alt.Legend(title=None, orient="top"),
            ),
            order=alt.Order("part:N", sort="descending"),
            tooltip=[
                alt.Tooltip("contestant:N", title="Contestant"),
                alt.Tooltip("part:N", title="Part"),
                alt.Tooltip("seconds:Q", title="Seconds", format=".2f"),
            ],
        )
        .properties(
            height=2 * AXIS + 30 * parts["contestant"].nunique(),
            description=described(f"Bars of {count(len(names), 'contestant')}", ", ".join(times)),
        )
    )
    return chart


def scaling_chart(steps: pd.DataFrame) -> ChartType:
    """Draw the speed-up over cores and the line of a perfect one.

    Parameters
    ----------
    steps
        ``cores``, ``seconds``, ``speedup`` (against one core) and ``efficiency`` (speed-up over cores).
    """
    most = int(steps["cores"].max())
    ticks = sorted({1, most, *map(int, steps["cores"])})
    x = alt.X(
        "cores:Q",
        title="Cores (tasks at once)",
        scale=alt.Scale(domain=[1, max(most, 2)]),
        axis=alt.Axis(values=ticks, format="d"),
    )
    ideal = pd.DataFrame({"cores": [1, max(most, 2)], "speedup": [1, max(most, 2)]})
    perfect = alt.Chart(ideal).mark_line(color=REST, strokeDash=[4, 4]).encode(x=x, y="speedup:Q")
    base = alt.Chart(steps).encode(
        x=x,
        y=alt.Y("speedup:Q", title="Times as fast as one core", scale=alt.Scale(zero=True)),
        tooltip=[
            alt.Tooltip("cores:Q", title="Cores"),
            alt.Tooltip("seconds:Q", title="Seconds", format=".2f"),
            alt.Tooltip("speedup:Q", title="Times as fast", format=".2f"),
            alt.Tooltip("efficiency:Q", title="Efficiency", format=".0%"),
        ],
    )
    line = base.mark_line(color=FOR, point=alt.OverlayMarkDef(color=FOR, size=70))
    number = base.mark_text(dy=-12, fontSize=12, color=INK).encode(text=alt.Text("speedup:Q", format=".2f"))
    speeds = [
        f"{count(cores, 'core')} {speedup:.2f} times as fast"
        for cores, speedup in zip(steps["cores"], steps["speedup"], strict=True)
    ]
    description = described(f"Line of {count(len(steps), 'measurement')}", ", ".join(speeds))
    return alt.layer(perfect, line, number).properties(height=RACE_HEIGHT, description=description)


def tradeoff_chart(cells: pd.DataFrame, chosen: int) -> ChartType:
    """Draw the fit by stability, a point for each choice of settings.

    Parameters
    ----------
    cells
        ``cell`` (its number), ``kernel_width``, ``num_samples``, ``fit``, ``jaccard`` and ``noise``.
    chosen
        The cell that is marked.
    """
    pick = alt.selection_point(name=PICKED_CELL, fields=["cell"], on="click", toggle=False)
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
        description=described(f"Matrix of {size}", strongest(names, cells[value], "{:.2f}", "highest")),
    )


_ZOOMED = alt.Scale(zero=False, nice=True, padding=12)
