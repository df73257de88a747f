"""Charts of what a model says: class probabilities, the confusion matrix, predicted against true values."""

from functools import lru_cache
from typing import Any

import altair as alt
import pandas as pd
from altair.typing import ChartType

from sparklime_core.charts.chart_template import FilledChart, named, template_of
from sparklime_core.charts.description import described, largest, short, span
from sparklime_core.charts.lanes import BAR_Y, lane_names, lane_numbers
from sparklime_core.charts.palette import AGAINST, FOR, INK, REST
from sparklime_core.wording import count

CLASSES = "classes"

ON_CELLS = "black"
"""The colour of a number on a cell of the confusion matrix, which is light to `FOR` in every theme."""

CELL_Y, CELL_OPACITY = 8, 0.7
"""How far below the middle of its lane a compared weight lies, and how strong its colour is below the number."""

ROLES = ("explained class", "other class")


def probabilities_chart(classes: pd.DataFrame) -> FilledChart:
    """Draw one bar a class.

    Parameters
    ----------
    classes
        ``order``, ``name``, ``probability`` (0 to 1) and ``role`` (one of `ROLES`).
    """
    says = largest(classes["name"], classes["probability"], "{:.3f}", "most probable")
    description = described(f"Bar chart of {count(len(classes), 'class', 'classes')}", says)
    return FilledChart(_probabilities(len(classes)), {CLASSES: classes}, description)


@lru_cache(maxsize=64)
def _probabilities(rows: int) -> dict[str, Any]:
    base = alt.Chart(named(CLASSES)).encode(
        y=alt.Y("order:O", axis=None),
        tooltip=[
            alt.Tooltip("name:N", title="Class"),
            alt.Tooltip("probability:Q", title="Probability", format=".4f"),
        ],
    )
    bar = base.mark_bar(height=8, yOffset=BAR_Y, cornerRadiusEnd=2).encode(
        x=alt.X("probability:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=None),
        color=alt.Color("role:N", scale=alt.Scale(domain=list(ROLES), range=[FOR, REST]), legend=None),
    )
    texts = lane_names(base, "name:N", 300), lane_numbers(base, alt.Text("probability:Q", format=".3f"))
    return template_of(alt.layer(bar, *texts).properties(height=20 + 32 * max(rows, 1)))


def confusion_chart(counts: pd.DataFrame) -> ChartType:
    """Draw a confusion matrix.

    Parameters
    ----------
    counts
        ``truth``, ``predicted`` (class names), ``true_order``, ``predicted_order`` and ``rows``.
    """
    classes = counts["true_order"].nunique()
    base = alt.Chart(counts).encode(
        x=alt.X(
            "predicted:N",
            title="Predicted class",
            sort=alt.SortField("predicted_order"),
            axis=_class_axis(counts["predicted"]),
        ),
        y=alt.Y("truth:N", title="True class", sort=alt.SortField("true_order"), axis=alt.Axis(labelLimit=130)),
        tooltip=[
            alt.Tooltip("truth:N", title="True class"),
            alt.Tooltip("predicted:N", title="Predicted class"),
            alt.Tooltip("rows:Q", title="Test rows", format=","),
        ],
    )
    cell = base.mark_rect(stroke="white", strokeWidth=1).encode(
        color=alt.Color("rows:Q", scale=alt.Scale(range=["#eef3fa", FOR]), legend=None)
    )
    layers: list[alt.Chart] = [cell]
    if classes <= 12:
        layers.append(base.mark_text(fontSize=14, color=ON_CELLS).encode(text=alt.Text("rows:Q", format=",")))
    description = described(f"Matrix of {count(classes, 'class', 'classes')}", *_right_and_wrong(counts))
    return alt.layer(*layers).properties(height=max(220, min(44 * classes, 520)), description=description)


def _right_and_wrong(counts: pd.DataFrame) -> tuple[str, str]:
    """Return how many rows are right, and the most frequent mistakes."""
    on = counts["truth"] == counts["predicted"]
    wrong = counts[~on & (counts["rows"] > 0)]
    mistakes = [f"{short(row.truth)} taken for {short(row.predicted)}:" for row in wrong.itertuples()]
    right = f"{counts['rows'][on].sum():,} of {count(int(counts['rows'].sum()), 'row')} are right"
    return right, largest(mistakes, wrong["rows"], "{:,.0f}", "most frequent mistakes")


def predictions_chart(points: pd.DataFrame) -> ChartType:
    """Draw predicted against true values of test rows, and the line on which they would be equal.

    Parameters
    ----------
    points
        ``row``, ``truth`` and ``predicted``.
    """
    low = float(points[["truth", "predicted"]].min().min())
    high = float(points[["truth", "predicted"]].max().max())
    scale = alt.Scale(domain=[low, high])
    dots = (
        alt.Chart(points)
        .mark_circle(size=45, opacity=0.6, color=FOR)
        .encode(
            x=alt.X("truth:Q", title="True value", scale=scale),
            y=alt.Y("predicted:Q", title="Predicted value", scale=scale),
            tooltip=[
                alt.Tooltip("row:Q", title="Row"),
                alt.Tooltip("truth:Q", title="True", format=".5~g"),
                alt.Tooltip("predicted:Q", title="Predicted", format=".5~g"),
            ],
        )
    )
    ends = pd.DataFrame({"truth": [low, high], "predicted": [low, high]})
    line = alt.Chart(ends).mark_line(color=AGAINST, strokeDash=[4, 4]).encode(x="truth:Q", y="predicted:Q")
    spans = span("true values", points["truth"]), span("predicted values", points["predicted"])
    description = described(f"Points of {count(len(points), 'row')}", *spans)
    return alt.layer(line, dots).properties(height=340, description=description)


def _class_axis(names: pd.Series) -> alt.Axis:
    """Return an axis whose labels lie flat where there is room for them."""
    room = 100 / max(names.nunique(), 1)
    return alt.Axis(labelLimit=130, labelAngle=0 if names.str.len().max() <= room else -40)


def classes_comparison_chart(cells: pd.DataFrame) -> ChartType:
    """Draw the weights of conditions by class: rows are conditions, columns are classes.

    Parameters
    ----------
    cells
        ``name`` and ``class_order``, ``text`` and ``order``, and ``weight``; a condition that a class's
        explanation lacks has no cell.
    """
    end = float(cells["weight"].abs().max()) or 1.0
    lines = cells.drop_duplicates("order")
    y = alt.Y("order:O", axis=None, scale=alt.Scale(paddingInner=0.1))
    x = alt.X(
        "name:N",
        title=None,
        sort=alt.SortField("class_order"),
        axis=alt.Axis(orient="top", labelAngle=0, labelLimit=110, domain=False, ticks=False),
    )
    cell = (
        alt.Chart(cells)
        .mark_rect(height=18, yOffset=CELL_Y, cornerRadius=2, opacity=CELL_OPACITY)
        .encode(
            x=x,
            y=y,
            color=alt.Color(
                "weight:Q",
                scale=alt.Scale(domain=[-end, 0, end], range=[AGAINST, "#8882", FOR]),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("text:N", title="Condition"),
                alt.Tooltip("name:N", title="Class"),
                alt.Tooltip("weight:Q", title="Weight", format="+.4g"),
            ],
        )
    )
    shown = (
        alt.Chart(cells)
        .mark_text(baseline="middle", dy=CELL_Y, fontSize=11, color=INK)
        .encode(x=x, y=y, text=alt.Text("weight:Q", format="+.2~f"))
    )
    text = lane_names(alt.Chart(lines).encode(y=y), "text:N", 380)
    names = [f"{short(text)} for {short(name)}" for text, name in zip(cells["text"], cells["name"], strict=True)]
    size = f"{count(len(lines), 'condition')} by {count(cells['name'].nunique(), 'class', 'classes')}"
    description = described(f"Matrix of {size}", largest(names, cells["weight"]))
    height = 30 + 40 * max(len(lines), 1)
    return alt.layer(cell, shown, text).properties(height=height, description=description)
