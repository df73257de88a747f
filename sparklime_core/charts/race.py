"""Charts of the race: who has explained how many rows by when, and what more cores bring."""

import altair as alt
import pandas as pd
from altair.typing import ChartType

from sparklime_core.charts.description import described, short
from sparklime_core.charts.palette import AXIS, EXECUTORS, FOR, INK, REST
from sparklime_core.wording import count, duration

LANES_HEIGHT = 300


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
    return alt.layer(goal, line, dots).properties(height=LANES_HEIGHT, description=description)


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
    """Draw the speed-up over cores, beside the line of a perfect one.

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
    return alt.layer(perfect, line, number).properties(height=LANES_HEIGHT, description=description)
