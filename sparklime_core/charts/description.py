"""What a chart shows, in words, for people who cannot see it: how many marks, and the values that stand out."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from sparklime_core.printable import printable
from sparklime_core.wording import number

LONGEST_NAME = 60
"""Characters of a name from a table."""

MOST = 3
"""Marks that are named one by one."""

NOTHING = "There is nothing to show yet"


def described(kind: str, *facts: str) -> str:
    """Return a description, such as "Bar chart of 3 classes; the largest: a 0.98"; without facts, `NOTHING`."""
    known = [fact for fact in facts if fact]
    return "; ".join([kind, *known]) if known else NOTHING


def short(name: object) -> str:
    """Return a name from a table, printable and cut."""
    return printable(name, LONGEST_NAME)


def largest(
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
