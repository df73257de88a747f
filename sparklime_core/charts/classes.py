"""Charts of the classes of a row: their probabilities, and what speaks for which."""

from functools import lru_cache
from typing import Any

import altair as alt
import pandas as pd
from altair.typing import ChartType

from sparklime_core.charts.chart_parts import BAR_Y, described, lane_names, lane_numbers, short, strongest
from sparklime_core.charts.chart_template import FilledChart
from sparklime_core.charts.colours import AGAINST, FOR, INK, REST
from sparklime_core.wording import count

CLASSES = "classes"
CELL_Y, CELL_OPACITY = 8, 0.7
"""How far below the middle of its lane a compared weight lies, and how strong its colour is below the number."""

ROLES = ("explained class", "other class")


def probabilities_chart(classes: pd.DataFrame) -> FilledChart:
    """Draw one bar per class.

    Parameters
    ----------
    classes
        ``order``, ``name``, ``probability`` (0 to 1) and ``role`` (one of `ROLES`).
    """
    says = strongest(classes["name"], classes["probability"], "{:.3f}", "most probable")
    description = described(f"Bar chart of {count(len(classes), 'class', 'classes')}", says)
    return FilledChart(_probabilities(len(classes)), {CLASSES: classes}, description)


@lru_cache(maxsize=64)
def _probabilities(rows: int) -> dict[str, Any]:
    base = alt.Chart(alt.NamedData(name=CLASSES)).encode(
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
    template: dict[str, Any] = alt.layer(bar, *texts).properties(height=20 + 32 * max(rows, 1)).to_dict()
    return template


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
    description = described(f"Matrix of {size}", strongest(names, cells["weight"]))
    height = 30 + 40 * max(len(lines), 1)
    return alt.layer(cell, shown, text).properties(height=height, description=description)
