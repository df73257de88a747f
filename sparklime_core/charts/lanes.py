"""Lanes of a bar chart: in each one a name above its bar, and a number at the name's end.

So names of any length fit on a narrow screen. A name is nearer to its own bar than to the one above it.
"""

import altair as alt

from sparklime_core.charts.palette import INK

LANE = 34
"""Pixels of a lane."""

BAR_Y = 5
"""How far below the middle of its lane a bar lies."""

NAME_Y = -9
"""How far above the middle of its lane the middle of a text lies."""

Y = alt.Y("order:O", axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0))
"""The place of a lane, by the column ``order``."""


def lane_names(base: alt.Chart, text: str, limit: int = 360) -> alt.Chart:
    """Write the column `text` above each bar, from the left, at most `limit` pixels long."""
    mark = base.mark_text(align="left", baseline="middle", dy=NAME_Y, limit=limit, fontSize=12, color=INK)
    names: alt.Chart = mark.encode(x=alt.value(0), text=text)
    return names


def lane_numbers(base: alt.Chart, text: str | alt.Text = "shown:N") -> alt.Chart:
    """Write a number above each bar, at the right."""
    mark = base.mark_text(align="right", baseline="middle", dy=NAME_Y, fontSize=12, fontWeight=600, color=INK)
    numbers: alt.Chart = mark.encode(x=alt.value("width"), text=text)
    return numbers
