"""The chart of profiles: for each feature the effect of every bin, all on one scale, the row's own bin marked."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import altair as alt
import pandas as pd
from altair.typing import ChartType

from sparklime_core.charts.chart_parts import BAR_Y, LANE, Y, described, lane_names, lane_numbers, strongest
from sparklime_core.charts.chart_template import FilledChart, zero_line
from sparklime_core.charts.colours import AGAINST, AVERAGED, AXIS, FOR, INK, REST
from sparklime_core.wording import count

BINS = "bins"
KINDS = ("feature", "raises", "lowers", "other bin")
"""What a line is: the name of a feature, the row's own bin by its effect, or another bin."""


def profiles_frame(
    profiles: Sequence[dict[str, Any]], dependence: Mapping[str, Mapping[str, float]] | None = None
) -> pd.DataFrame:
    """Lay out profiles for `profiles_chart`.

    Parameters
    ----------
    profiles
        One per feature: ``feature``, ``carries`` (its share of the model's variance around the row), ``own`` (the
        condition that holds in the row) and ``bins`` of the result's schema.
    dependence
        Partial dependence by feature and condition, where it is known.

    Returns
    -------
    pandas.DataFrame
        A line per feature and per bin: ``order``, ``text``, ``kind`` (one of `KINDS`), ``effect``
        (null of a feature's line), ``share``, ``average`` (partial dependence, null where it is not known) and
        ``shown`` (the effect as text).
    """
    lines: list[tuple[str, str, float | None, float | None, float | None, str]] = []
    for profile in profiles:
        averages = (dependence or {}).get(profile["feature"], {})
        lines.append((profile["feature"], KINDS[0], None, None, None, f"carries {profile['carries']:.0%}"))
        for bin_ in profile["bins"]:
            effect = bin_["effect"]
            own = bin_["condition"] == profile["own"]
            kind = KINDS[3] if not own else KINDS[1] if (effect or 0.0) >= 0 else KINDS[2]
            shown = "unknown" if effect is None else f"{effect:+.3g}"
            text = f"{bin_['condition']}   ◂ this row" if own else bin_["condition"]
            lines.append((text, kind, effect, bin_["share"], averages.get(bin_["condition"]), shown))
    frame = pd.DataFrame(lines, columns=["text", "kind", "effect", "share", "average", "shown"])
    frame.insert(0, "order", range(len(frame)))
    return frame.astype({"effect": "float64", "share": "float64", "average": "float64"})


def profiles_chart(lines: pd.DataFrame, largest: float) -> FilledChart:
    """Draw a bar for each bin.

    Parameters
    ----------
    lines
        From `profiles_frame`.
    largest
        The end of the axis on both sides, where no partial dependence is larger.
    """
    averaged = bool(lines["average"].notna().any())
    end = max(largest, float(lines["average"].abs().max())) if averaged else largest
    bins = lines[lines["kind"] != KINDS[0]]
    features = count(len(lines) - len(bins), "feature")
    says = described(f"Bars of {count(len(bins), 'bin')} of {features}", strongest(bins["text"], bins["effect"]))
    return FilledChart(_template(len(lines), end or 1.0, averaged), {BINS: lines}, says)


def mean_profile_chart(bins: pd.DataFrame) -> ChartType:
    """Draw the mean effect of each bin of a feature over many rows, and how far the rows spread around it.

    Parameters
    ----------
    bins
        ``order``, ``text``, ``effect`` (the mean), ``low`` and ``high`` (a standard deviation of the rows to both
        sides), ``share``, ``rows``, ``average`` (partial dependence, null where it is not known) and ``shown``.
    """
    averaged = bool(bins["average"].notna().any())
    end = float(bins[["low", "high", "average"]].abs().max().max()) or 1.0
    base = alt.Chart(bins).encode(
        y=Y,
        tooltip=[
            alt.Tooltip("text:N", title="Bin"),
            alt.Tooltip("effect:Q", title="Mean effect", format="+.4g"),
            alt.Tooltip("low:Q", title="One standard deviation from", format="+.4g"),
            alt.Tooltip("high:Q", title="to", format="+.4g"),
            alt.Tooltip("share:Q", title="Mean share of the neighbourhoods", format=".1%"),
            *_average_tooltip(averaged),
        ],
    )
    x = alt.X(
        "effect:Q",
        title="Mean prediction in the bin, minus the mean around each row",
        scale=alt.Scale(domain=[-end, end], nice=False),
        axis=alt.Axis(tickCount=5),
    )
    colour = alt.condition("datum.effect >= 0", alt.value(FOR), alt.value(AGAINST))
    bar = base.mark_bar(height=10, yOffset=BAR_Y, cornerRadiusEnd=2).encode(x=x, color=colour)
    spread = base.mark_rule(yOffset=BAR_Y, strokeWidth=1.5, color=INK).encode(x="low:Q", x2="high:Q")
    marks = bar, spread, *_averages(base, averaged)
    chart = alt.layer(zero_line(REST), *marks, lane_names(base, "text:N"), lane_numbers(base))
    says = strongest(bins["text"], bins["effect"], what="largest mean effect")
    description = described(f"Bar chart of {count(len(bins), 'bin')}", says)
    return chart.properties(height=AXIS + LANE * max(len(bins), 1), description=description)


def _average_tooltip(averaged: bool) -> list[alt.Tooltip]:
    return [alt.Tooltip("average:Q", title="Partial dependence", format="+.4g")] if averaged else []


def _averages(base: alt.Chart, averaged: bool) -> list[alt.Chart]:
    """Return a diamond in each bin at its partial dependence, where that is known."""
    if not averaged:
        return []
    mark = base.transform_filter("isValid(datum.average)").mark_point(
        shape="diamond", size=110, opacity=1.0, fill=AVERAGED, stroke=INK, strokeWidth=1, yOffset=BAR_Y
    )
    return [mark.encode(x="average:Q")]


@lru_cache(maxsize=256)
def _template(lines: int, end: float, averaged: bool) -> dict[str, Any]:
    base = alt.Chart(alt.NamedData(name=BINS)).encode(
        y=Y,
        tooltip=[
            alt.Tooltip("text:N", title="Bin"),
            alt.Tooltip("effect:Q", title="Effect", format="+.4g"),
            alt.Tooltip("share:Q", title="Share of the neighbourhood", format=".1%"),
            *_average_tooltip(averaged),
        ],
    )
    bar = (
        base.transform_filter("isValid(datum.effect)")
        .mark_bar(height=8, yOffset=BAR_Y, cornerRadiusEnd=2)
        .encode(
            x=alt.X(
                "effect:Q",
                title="Mean prediction in the bin, minus the mean around the row",
                scale=alt.Scale(domain=[-end, end], nice=False),
                axis=alt.Axis(tickCount=5),
            ),
            color=alt.Color(
                "kind:N", scale=alt.Scale(domain=list(KINDS[1:]), range=[FOR, AGAINST, REST]), legend=None
            ),
        )
    )
    marks = bar, *_averages(base, averaged)
    chart = alt.layer(zero_line(REST), *marks, lane_names(base, "text:N"), lane_numbers(base))
    template: dict[str, Any] = chart.properties(height=AXIS + LANE * max(lines, 1)).to_dict()
    return template
