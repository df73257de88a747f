"""Charts of explanations: one as bars, for and against its label; several on one scale, feature by feature."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import altair as alt
import pandas as pd

from sparklime_core.charts.chart_parts import BAR_Y, LANE, Y, described, lane_names, lane_numbers, short, strongest
from sparklime_core.charts.chart_template import FilledChart, zero_line
from sparklime_core.charts.colours import AGAINST, AXIS, EXACT, EXECUTORS, FOR, INK, REST
from sparklime_core.wording import count

BARS = "bars"
UNCERTAINTY = {"std": ("Standard deviation", ".2g"), "exact": ("Without sampling noise", "+.4g")}
"""Title and format of what may be known besides the weights."""

KINDS = ("speaks for", "speaks against", "all others together")

LINES, FEATURES = "lines", "features"
SHAPES = ("circle", "diamond", "square", "triangle-up", "cross")
WEIGHT_AXIS = "Weight, all on one scale"
MOST_COMPARED = len(SHAPES)
"""The most explanations that one chart tells apart."""


def fold_weights(
    explanation: Sequence[Mapping[str, object]],
    values: Mapping[str, str],
    top: int,
    *,
    spread: Sequence[float | None] | None = None,
    exact: Sequence[float | None] | None = None,
) -> pd.DataFrame:
    """Lay out an explanation for `weights_chart`.

    Parameters
    ----------
    explanation
        Entries of the result's schema: ``feature``, ``feature_explanation`` and ``weight``, strongest
        first.
    values
        The row's value of each feature, as text.
    top
        How many entries keep a bar of their own; the others are summed into one, which stays in view.
    spread, exact
        The standard deviation of each entry's weight over pools of samples, and its weight without sampling; None
        where there is none.

    Returns
    -------
    pandas.DataFrame
        ``order``, ``text``, ``value``, ``label`` (both), ``weight``, ``shown`` (the weight as text), ``kind`` (one
        of `KINDS`), ``std``, ``low`` and ``high`` (the weight less and plus it), and ``exact``.
    """
    shown, folded = explanation[:top], explanation[top:]
    bars = [
        (str(entry["feature_explanation"]), values.get(str(entry["feature"]), ""), _weight(entry))
        for entry in shown
    ]
    kinds = [KINDS[0] if weight >= 0 else KINDS[1] for _, _, weight in bars]
    if folded:
        bars.append((f"{len(folded)} more features together", "", sum(_weight(entry) for entry in folded)))
        kinds.append(KINDS[2])
    frame = pd.DataFrame(bars, columns=["text", "value", "weight"])
    frame.insert(0, "order", range(len(bars)))
    frame["label"] = [_label(text, value) for text, value in zip(frame["text"], frame["value"], strict=True)]
    frame["shown"] = [weight_text(weight) for weight in frame["weight"]]
    frame["kind"] = kinds
    frame["std"], frame["exact"] = _column(spread, top, len(frame)), _column(exact, top, len(frame))
    frame["low"], frame["high"] = frame["weight"] - frame["std"], frame["weight"] + frame["std"]
    return frame


def weight_text(weight: float) -> str:
    """Return a weight with its sign and three significant digits."""
    return f"{weight:+.3g}"


def weights_chart(bars: pd.DataFrame, largest: float) -> FilledChart:
    """Draw diverging bars.

    Parameters
    ----------
    bars
        From `fold_weights`.
    largest
        The end of the axis on both sides: the same for every row of a run, so that rows can be compared.
    """
    known = tuple(name for name in UNCERTAINTY if bars[name].notna().any())
    says = described(f"Bar chart of {count(len(bars), 'weight')}", strongest(bars["text"], bars["weight"]))
    return FilledChart(_bars(len(bars), largest or 1.0, known), {BARS: bars}, says)


@lru_cache(maxsize=256)
def _bars(rows: int, end: float, known: tuple[str, ...]) -> dict[str, Any]:
    base = alt.Chart(alt.NamedData(name=BARS)).encode(
        y=Y,
        tooltip=[
            alt.Tooltip("text:N", title="Condition"),
            alt.Tooltip("value:N", title="Value in this row"),
            alt.Tooltip("weight:Q", title="Weight", format="+.4g"),
            *(alt.Tooltip(f"{name}:Q", title=UNCERTAINTY[name][0], format=UNCERTAINTY[name][1]) for name in known),
        ],
    )
    bar = base.mark_bar(height=12, yOffset=BAR_Y, cornerRadiusEnd=2).encode(
        x=alt.X(
            "weight:Q",
            title="Weight, on the same scale for every row",
            scale=alt.Scale(domain=[-end, end], nice=False),
            axis=alt.Axis(tickCount=5),
        ),
        color=alt.Color(
            "kind:N",
            scale=alt.Scale(domain=list(KINDS), range=[FOR, AGAINST, REST]),
            legend=None,
        ),
    )
    texts = lane_names(base, "label:N"), lane_numbers(base)
    chart = alt.layer(zero_line(REST), bar, *_uncertainty(known, base), *texts)
    template: dict[str, Any] = chart.properties(height=AXIS + LANE * max(rows, 1)).to_dict()
    return template


def _uncertainty(known: tuple[str, ...], base: alt.Chart) -> list[alt.Chart]:
    """Return a line from one standard deviation below the weight to one above, and a tick at the exact weight."""
    layers: list[alt.Chart] = []
    if "std" in known:
        whisker = base.transform_filter("isValid(datum.std)").mark_rule(
            yOffset=BAR_Y, strokeWidth=1.5, color=INK, clip=True
        )
        layers.append(whisker.encode(x="low:Q", x2="high:Q"))
    if "exact" in known:
        tick = base.transform_filter("isValid(datum.exact)").mark_tick(
            yOffset=BAR_Y, thickness=2.5, height=16, color=EXACT, clip=True
        )
        layers.append(tick.encode(x="exact:Q"))
    return layers


def _column(values: Sequence[float | None] | None, top: int, rows: int) -> pd.Series:
    kept = list(values or ())[:top]
    return pd.Series([*kept, *[None] * (rows - len(kept))], dtype="float64")


def _label(text: str, value: str) -> str:
    """Return lime's text, with the value where the text does not say it (as ``island=Biscoe`` does)."""
    return text if not value or text.endswith(f"={value}") else f"{text}   ({value})"


def _weight(entry: Mapping[str, object]) -> float:
    return float(entry["weight"])  # type: ignore[arg-type]


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
    lines: pd.DataFrame, names: Sequence[str], largest: float, *, axis: str = WEIGHT_AXIS, signed: bool = True
) -> FilledChart:
    """Draw one line per feature, with a mark for each explanation and their span in grey.

    Parameters
    ----------
    lines
        From `comparison_frame`.
    names
        The explanations, in the order of the legend; at most `MOST_COMPARED`.
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
    template = _marks(len(features), tuple(names), end, axis, signed)
    return FilledChart(template, {LINES: lines, FEATURES: features}, says)


@lru_cache(maxsize=256)
def _marks(features: int, names: tuple[str, ...], end: float, axis: str, signed: bool) -> dict[str, Any]:
    x = alt.X(
        "weight:Q",
        title=axis,
        scale=alt.Scale(domain=[-end if signed else 0.0, end], nice=False),
        axis=alt.Axis(tickCount=5),
    )
    base = alt.Chart(alt.NamedData(name=LINES)).encode(y=Y)
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
    text = lane_names(alt.Chart(alt.NamedData(name=FEATURES)).encode(y=Y), "feature:N")
    height = AXIS + 30 + LANE * max(features, 1)
    template: dict[str, Any] = alt.layer(zero_line(REST), span, mark, text).properties(height=height).to_dict()
    return template


def _line(order: int, feature: str, name: str, weight: float, condition: str) -> dict[str, Any]:
    return {"order": order, "feature": feature, "name": name, "weight": weight, "condition": condition}
