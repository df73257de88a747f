"""The chart of several explanations on one scale: feature by feature, a mark for each of them."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import altair as alt
import pandas as pd

from sparklime_core.charts.chart_template import FilledChart, named, template_of, zero_line
from sparklime_core.charts.description import described, short
from sparklime_core.charts.description import largest as strongest
from sparklime_core.charts.lanes import BAR_Y, LANE, Y, lane_names
from sparklime_core.charts.palette import AXIS, EXECUTORS, REST
from sparklime_core.wording import count

LINES, FEATURES = "lines", "features"

SHAPES = ("circle", "diamond", "square", "triangle-up", "cross")
WEIGHT = "Weight, all on one scale"

MOST = len(SHAPES)
"""The most explanations that one chart tells apart."""


def comparison_frame(named: Sequence[tuple[str, Sequence[Mapping[str, Any]]]], top: int) -> pd.DataFrame:
    """Lay out explanations for `rows_comparison_chart`.

    Parameters
    ----------
    named
        Name and explanation (entries of the result's schema) of each.
    top
        How many features keep a line of their own: those with the largest \\|weight\\| in any of them. The others
        are summed into one line, which stays in view.

    Returns
    -------
    pandas.DataFrame
        ``order``, ``feature``, ``name``, ``weight`` (0 where an explanation does not name the feature) and
        ``condition`` (lime's text, empty there).
    """
    entries = [{str(entry["feature"]): entry for entry in explanation} for _, explanation in named]
    largest: dict[str, float] = {}
    for explanation in entries:
        for feature, entry in explanation.items():
            largest[feature] = max(largest.get(feature, 0.0), abs(float(entry["weight"])))
    ranked = sorted(largest, key=lambda feature: -largest[feature])
    kept = top + 1 if len(ranked) == top + 1 else top  # one feature alone needs no line that stands for others
    shown, folded = ranked[:kept], ranked[kept:]
    lines: list[dict[str, Any]] = []
    for (name, _), explanation in zip(named, entries, strict=True):
        for order, feature in enumerate(shown):
            entry = explanation.get(feature, {"weight": 0.0, "feature_explanation": ""})
            lines.append(_line(order, feature, name, float(entry["weight"]), str(entry["feature_explanation"])))
        if folded:
            rest = sum(float(explanation[feature]["weight"]) for feature in folded if feature in explanation)
            lines.append(_line(len(shown), f"{len(folded)} more features together", name, rest, ""))
    return pd.DataFrame(lines, columns=["order", "feature", "name", "weight", "condition"])


def rows_comparison_chart(
    lines: pd.DataFrame, names: Sequence[str], largest: float, *, axis: str = WEIGHT, signed: bool = True
) -> FilledChart:
    """Draw one line a feature, with a mark for each explanation and their span in grey.

    Parameters
    ----------
    lines
        From `comparison_frame`.
    names
        The explanations, in the order of the legend; at most `MOST`.
    largest
        The end of the axis on both sides.
    axis
        The axis's title.
    signed
        Whether the axis has a side for weights below 0.
    """
    end = max(largest, float(lines["weight"].abs().max()) if len(lines) else 0.0) or 1.0
    features = lines.drop_duplicates("order")
    size = f"{count(len(names), 'explanation')} by {count(len(features), 'feature')}"
    form = "{:+.3g}" if signed else "{:.3g}"
    own = [(short(name), lines[lines["name"] == name]) for name in names]
    facts = [strongest(frame["feature"], frame["weight"], form, f"largest of {name}") for name, frame in own]
    says = described(f"Points of {size}", *facts)
    template = _template(len(features), tuple(names), end, axis, signed)
    return FilledChart(template, {LINES: lines, FEATURES: features}, says)


@lru_cache(maxsize=256)
def _template(features: int, names: tuple[str, ...], end: float, axis: str, signed: bool) -> dict[str, Any]:
    x = alt.X(
        "weight:Q",
        title=axis,
        scale=alt.Scale(domain=[-end if signed else 0.0, end], nice=False),
        axis=alt.Axis(tickCount=5),
    )
    base = alt.Chart(named(LINES)).encode(y=Y)
    span = base.mark_rule(strokeWidth=3, opacity=0.45, color=REST, yOffset=BAR_Y).encode(
        x=alt.X("min(weight):Q", title=axis), x2="max(weight):Q"
    )
    mark = base.mark_point(filled=True, size=110, opacity=0.9, yOffset=BAR_Y).encode(
        x=x,
        color=alt.Color(
            "name:N",
            title=None,
            scale=alt.Scale(domain=list(names), range=list(EXECUTORS[: len(names)])),
            legend=alt.Legend(orient="top", labelLimit=260, columns=2),
        ),
        shape=alt.Shape(
            "name:N", title=None, scale=alt.Scale(domain=list(names), range=list(SHAPES[: len(names)]))
        ),
        tooltip=[
            alt.Tooltip("name:N", title="Explanation"),
            alt.Tooltip("feature:N", title="Feature"),
            alt.Tooltip("condition:N", title="Condition"),
            alt.Tooltip("weight:Q", title="Weight", format="+.4g"),
        ],
    )
    text = lane_names(alt.Chart(named(FEATURES)).encode(y=Y), "feature:N")
    height = AXIS + 30 + LANE * max(features, 1)
    return template_of(alt.layer(zero_line(REST), span, mark, text).properties(height=height))


def _line(order: int, feature: str, name: str, weight: float, condition: str) -> dict[str, Any]:
    return {"order": order, "feature": feature, "name": name, "weight": weight, "condition": condition}
