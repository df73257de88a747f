"""What charts share: the lanes of a bar chart, and what a chart shows in words, for people who cannot see it."""

from collections.abc import Iterable

import altair as alt
import numpy as np
import pandas as pd

from sparklime_core.charts.colours import INK
from sparklime_core.printable import printable
from sparklime_core.wording import number

LONGEST_NAME = 60
"""Characters of a name from a table."""

MOST = 3
"""Marks that are named one by one."""

NOTHING = "There is nothing to show yet"
LANE = 34
"""Pixels of a lane."""

BAR_Y = 5
"""How far below the middle of its lane a bar lies."""

NAME_Y = -9
"""How far above the middle of its lane the middle of a text lies."""

Y = alt.Y("order:O", axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0))
"""The place of a lane, by the column ``order``."""


def described(kind: str, *facts: str) -> str:
    """Return a description, such as "Bar chart of 3 classes; the largest: a 0.98"; without facts, `NOTHING`."""
    known = [fact for fact in facts if fact]
    return "; ".join([kind, *known]) if known else NOTHING


def short(name: object) -> str:
    """Return a name from a table, printable and cut."""
    return printable(name, LONGEST_NAME)


def strongest(
    names: Iterable[object], values: Iterable[object], shown: str = "{:+.3g}", what: str = "largest"
) -> str:
    """Return the names with the largest absolute values, and these values; empty where there are none.

    Parameters
    ----------
    names, values
        Of equal length; a missing value does not count.
    shown
        Format of a value.
    what
        What these are called: "largest", "most frequent".
    """
    pairs = pd.DataFrame({"name": list(names), "value": pd.to_numeric(pd.Series(list(values), dtype=object))})
    pairs = pairs.dropna(subset="value")
    pairs = pairs.iloc[np.argsort(-pairs["value"].abs().to_numpy(), kind="stable")[:MOST]]
    named = [
        f"{short(name)} {shown.format(value)}" for name, value in zip(pairs["name"], pairs["value"], strict=True)
    ]
    return f"{what}: {', '.join(named)}" if named else ""


def span(what: str, values: Iterable[object]) -> str:
    """Return from where to where values go, such as "fit from 0.2 to 0.9"; empty where there are none."""
    known = pd.to_numeric(pd.Series(list(values), dtype=object)).dropna()
    if known.empty:
        return ""
    return f"{what} from {number(float(known.min()))} to {number(float(known.max()))}"


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
