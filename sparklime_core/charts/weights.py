"""The chart of one explanation: what speaks for the label, what against, and how much."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import altair as alt
import pandas as pd

from sparklime_core.charts.chart_template import FilledChart, named, template_of, zero_line
from sparklime_core.charts.description import described
from sparklime_core.charts.description import largest as strongest
from sparklime_core.charts.lanes import BAR_Y, LANE, Y, lane_names, lane_numbers
from sparklime_core.charts.palette import AGAINST, AXIS, EXACT, FOR, INK, REST
from sparklime_core.wording import count

BARS = "bars"
BESIDE = {"std": ("Standard deviation", ".2g"), "exact": ("Without sampling noise", "+.4g")}
"""Title and format of what may be known beside the weights."""

KINDS = ("speaks for", "speaks against", "all others together")


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
    beside = tuple(name for name in BESIDE if bars[name].notna().any())
    says = described(f"Bar chart of {count(len(bars), 'weight')}", strongest(bars["text"], bars["weight"]))
    return FilledChart(_template(len(bars), largest or 1.0, beside), {BARS: bars}, says)


@lru_cache(maxsize=256)
def _template(rows: int, end: float, beside: tuple[str, ...]) -> dict[str, Any]:
    base = alt.Chart(named(BARS)).encode(
        y=Y,
        tooltip=[
            alt.Tooltip("text:N", title="Condition"),
            alt.Tooltip("value:N", title="Value in this row"),
            alt.Tooltip("weight:Q", title="Weight", format="+.4g"),
            *(alt.Tooltip(f"{name}:Q", title=BESIDE[name][0], format=BESIDE[name][1]) for name in beside),
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
    chart = alt.layer(zero_line(REST), bar, *_uncertainty(beside, base), *texts)
    return template_of(chart.properties(height=AXIS + LANE * max(rows, 1)))


def _uncertainty(beside: tuple[str, ...], base: alt.Chart) -> list[alt.Chart]:
    """Return a line from one standard deviation below the weight to one above, and a tick at the exact weight."""
    layers: list[alt.Chart] = []
    if "std" in beside:
        whisker = base.transform_filter("isValid(datum.std)").mark_rule(
            yOffset=BAR_Y, strokeWidth=1.5, color=INK, clip=True
        )
        layers.append(whisker.encode(x="low:Q", x2="high:Q"))
    if "exact" in beside:
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
