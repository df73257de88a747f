"""The chart of profiles: for each feature the effect of every bin, all on one scale, the row's own bin marked."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import altair as alt
import pandas as pd
from altair.typing import ChartType

from sparklime_core.charts.chart_template import FilledChart, named, template_of, zero_line
from sparklime_core.charts.lanes import BAR_Y, LANE, Y, lane_names, lane_numbers
from sparklime_core.charts.palette import AGAINST, AXIS, FOR, INK, REST

BINS = "bins"
KINDS = ("feature", "raises", "lowers", "other bin")
"""What a line is: the name of a feature, the row's own bin by its effect, or another bin."""


def profiles_frame(profiles: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Lay out profiles for `profiles_chart`.

    Parameters
    ----------
    profiles
        One a feature: ``feature``, ``carries`` (its share of the model's variance around the row), ``own`` (the
        condition that holds in the row) and ``bins`` of the result's schema.

    Returns
    -------
    pandas.DataFrame
        A line for each feature and each of its bins: ``order``, ``text``, ``kind`` (one of `KINDS`), ``effect``
        (null of a feature's line), ``share`` and ``shown`` (the effect as text).
    """
    lines: list[tuple[str, str, float | None, float | None, str]] = []
    for profile in profiles:
        lines.append((profile["feature"], KINDS[0], None, None, f"carries {profile['carries']:.0%}"))
        for bin_ in profile["bins"]:
            effect = bin_["effect"]
            own = bin_["condition"] == profile["own"]
            kind = KINDS[3] if not own else KINDS[1] if (effect or 0.0) >= 0 else KINDS[2]
            shown = "unknown" if effect is None else f"{effect:+.3g}"
            text = f"{bin_['condition']}   ◂ this row" if own else bin_["condition"]
            lines.append((text, kind, effect, bin_["share"], shown))
    frame = pd.DataFrame(lines, columns=["text", "kind", "effect", "share", "shown"])
    frame.insert(0, "order", range(len(frame)))
    return frame.astype({"effect": "float64", "share": "float64"})


def profiles_chart(lines: pd.DataFrame, largest: float) -> FilledChart:
    """Draw a bar for each bin.

    Parameters
    ----------
    lines
        From `profiles_frame`.
    largest
        The end of the axis on both sides.
    """
    return FilledChart(_template(len(lines), largest or 1.0), {BINS: lines})


def mean_profile_chart(bins: pd.DataFrame) -> ChartType:
    """Draw the mean effect of each bin of a feature over many rows, and how far the rows spread around it.

    Parameters
    ----------
    bins
        ``order``, ``text``, ``effect`` (the mean), ``low`` and ``high`` (a standard deviation of the rows to both
        sides), ``share``, ``rows`` and ``shown``.
    """
    end = float(bins[["low", "high"]].abs().max().max()) or 1.0
    base = alt.Chart(bins).encode(
        y=Y,
        tooltip=[
            alt.Tooltip("text:N", title="Bin"),
            alt.Tooltip("effect:Q", title="Mean effect", format="+.4g"),
            alt.Tooltip("low:Q", title="One standard deviation from", format="+.4g"),
            alt.Tooltip("high:Q", title="to", format="+.4g"),
            alt.Tooltip("share:Q", title="Mean share of the neighbourhoods", format=".1%"),
        ],
    )
    x = alt.X(
        "effect:Q",
        title="Mean prediction in the bin, less the mean around each row",
        scale=alt.Scale(domain=[-end, end], nice=False),
        axis=alt.Axis(tickCount=5),
    )
    colour = alt.condition("datum.effect >= 0", alt.value(FOR), alt.value(AGAINST))
    bar = base.mark_bar(height=10, yOffset=BAR_Y, cornerRadiusEnd=2).encode(x=x, color=colour)
    spread = base.mark_rule(yOffset=BAR_Y, strokeWidth=1.5, color=INK).encode(x="low:Q", x2="high:Q")
    chart = alt.layer(zero_line(REST), bar, spread, lane_names(base, "text:N"), lane_numbers(base))
    return chart.properties(height=AXIS + LANE * max(len(bins), 1))


@lru_cache(maxsize=256)
def _template(lines: int, end: float) -> dict[str, Any]:
    base = alt.Chart(named(BINS)).encode(
        y=Y,
        tooltip=[
            alt.Tooltip("text:N", title="Bin"),
            alt.Tooltip("effect:Q", title="Effect", format="+.4g"),
            alt.Tooltip("share:Q", title="Share of the neighbourhood", format=".1%"),
        ],
    )
    bar = (
        base.transform_filter("isValid(datum.effect)")
        .mark_bar(height=8, yOffset=BAR_Y, cornerRadiusEnd=2)
        .encode(
            x=alt.X(
                "effect:Q",
                title="Mean prediction in the bin, less the mean around the row",
                scale=alt.Scale(domain=[-end, end], nice=False),
                axis=alt.Axis(tickCount=5),
            ),
            color=alt.Color(
                "kind:N", scale=alt.Scale(domain=list(KINDS[1:]), range=[FOR, AGAINST, REST]), legend=None
            ),
        )
    )
    chart = alt.layer(zero_line(REST), bar, lane_names(base, "text:N"), lane_numbers(base))
    return template_of(chart.properties(height=AXIS + LANE * max(lines, 1)))
