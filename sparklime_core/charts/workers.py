"""Charts of the work: which executor explained which rows, when and how fast, and what a run's time went to."""

import altair as alt
import pandas as pd
from altair.typing import ChartType

from sparklime_core.charts.chart_parts import described, span, strongest
from sparklime_core.charts.colours import AXIS, EXECUTORS, INK, REST
from sparklime_core.wording import count, executor_name

FURTHER_COLOUR = "#a67c52"
"""One more part than there are colours for executors."""

LEGEND_HEIGHT = 64
"""Pixels of the legend above the bar, in up to three lines."""


def timeline_chart(tasks: pd.DataFrame) -> ChartType:
    """Draw every task as a bar from its start to its end, one lane for each executor and process.

    Parameters
    ----------
    tasks
        ``lane``, ``executor``, ``begin`` and ``end`` (seconds since the run's first task), ``seconds``, ``rows``,
        ``wave``, ``partition``, ``attempt``, ``pid`` and ``started``.
    """
    lanes = tasks["lane"].nunique()
    chart: ChartType = (
        alt.Chart(tasks)
        .mark_bar(height=18, stroke=REST, strokeWidth=0.6, cornerRadius=2)
        .encode(
            x=alt.X("begin:Q", title="Seconds since the first task", scale=alt.Scale(zero=True)),
            x2="end:Q",
            y=alt.Y("lane:N", title=None, axis=alt.Axis(labelLimit=160)),
            color=_executor_colour(tasks),
            tooltip=[
                alt.Tooltip("executor:N", title="Executor"),
                alt.Tooltip("pid:Q", title="Process", format="d"),
                alt.Tooltip("wave:Q", title="Wave"),
                alt.Tooltip("partition:Q", title="Partition"),
                alt.Tooltip("attempt:Q", title="Attempt"),
                alt.Tooltip("rows:Q", title="Rows"),
                alt.Tooltip("seconds:Q", title="Seconds", format=".3f"),
                alt.Tooltip("started:T", title="Started", format="%H:%M:%S.%L"),
            ],
        )
        .properties(
            height=AXIS + 30 * lanes,
            description=described(
                f"Bars of {count(len(tasks), 'task')} in {count(lanes, 'lane')}",
                span("seconds", [*tasks["begin"], *tasks["end"]]),
                strongest([*map(executor_name, tasks["executor"])], tasks["seconds"], "{:.2f} s", "longest"),
            ),
        )
    )
    return chart


def executors_chart(executors: pd.DataFrame) -> ChartType:
    """Draw how many rows each executor explained.

    Parameters
    ----------
    executors
        ``executor``, ``rows``, ``rows_per_second`` and ``tasks``.
    """
    named = executors.assign(name=executors["executor"].map(executor_name))
    base = alt.Chart(named).encode(
        y=alt.Y("name:N", title=None),
        tooltip=[
            alt.Tooltip("name:N", title="Executor"),
            alt.Tooltip("rows:Q", title="Rows"),
            alt.Tooltip("tasks:Q", title="Tasks"),
            alt.Tooltip("rows_per_second:Q", title="Rows per busy second", format=",.1f"),
        ],
    )
    bar = base.mark_bar(height=20, cornerRadiusEnd=2).encode(
        x=alt.X("rows:Q", title="Rows explained"), color=_executor_colour(executors)
    )
    number = base.mark_text(align="left", dx=4, fontSize=12, color=INK).encode(
        x="rows:Q", text=alt.Text("rows:Q", format=",")
    )
    says = strongest([*named["name"]], executors["rows"], "{:,.0f}", "most rows")
    description = described(f"Bar chart of {count(len(executors), 'executor')}", says)
    return alt.layer(bar, number).properties(height=AXIS + 34 * len(executors), description=description)


def throughput_chart(rate: pd.DataFrame) -> ChartType:
    """Draw rows per second over time.

    Parameters
    ----------
    rate
        ``begin`` (seconds since the run's first task), ``executor`` and ``rows_per_second``.
    """
    chart: ChartType = (
        alt.Chart(rate)
        .mark_area(opacity=0.75, interpolate="step-after")
        .encode(
            x=alt.X("begin:Q", title="Seconds since the first task"),
            y=alt.Y("rows_per_second:Q", title="Rows per second", stack="zero"),
            color=_executor_colour(rate),
            tooltip=[
                alt.Tooltip("executor:N", title="Executor"),
                alt.Tooltip("begin:Q", title="From second", format=".2f"),
                alt.Tooltip("rows_per_second:Q", title="Rows per second", format=",.1f"),
            ],
        )
        .properties(
            height=200,
            description=described(
                f"Area of {count(rate['executor'].nunique(), 'executor')}",
                span("rows a second", rate["rows_per_second"]),
                span("seconds", rate["begin"]),
            ),
        )
    )
    return chart


def _executor_colour(frame: pd.DataFrame) -> alt.Color:
    names = sorted(frame["executor"].unique())
    colours = [EXECUTORS[index % len(EXECUTORS)] for index in range(len(names))]
    return alt.Color("executor:N", title="Executor", scale=alt.Scale(domain=names, range=colours), legend=None)


def shares_chart(parts: pd.DataFrame) -> ChartType:
    """Draw one stacked bar.

    Parameters
    ----------
    parts
        ``part``, ``seconds``, ``share`` and ``how`` (it is measured), in their order.
    """
    names = list(parts["part"])
    colours = [*EXECUTORS, FURTHER_COLOUR][: len(names)]
    ordered = parts.assign(order=range(len(parts)))
    chart: ChartType = (
        alt.Chart(ordered)
        .mark_bar(height=30)
        .encode(
            x=alt.X("seconds:Q", title="Seconds of wall time", stack="zero"),
            color=alt.Color(
                "part:N",
                scale=alt.Scale(domain=names, range=colours),
                legend=alt.Legend(title=None, orient="top", columns=3, labelLimit=180),
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
            height=AXIS + LEGEND_HEIGHT + 40,
            description=described(
                f"One bar of {count(len(parts), 'part')}", strongest(parts["part"], parts["seconds"], "{:.2f} s")
            ),
        )
    )
    return chart
