"""How a feature's values are distributed, and where one value lies among them: numpy and pandas, no Streamlit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sparklime_core.explain.types import FloatArray

BARS = 24
MOST_CATEGORIES = 8
TAILS = (0.5, 99.5)
"""Percentiles between which the bars lie; what is further out is counted in the last ones."""

PLACES = ("this row", "its bin", "others")
"""Where a bar is, seen from the row; of a number, bars of its bin, of a category the row's own."""


@dataclass(frozen=True)
class Distribution:
    """Values of a feature in the table that the model was trained on.

    Attributes
    ----------
    bars
        Of numbers ``low``, ``high`` and ``rows``; of categories ``name``, ``code`` (-1: all others) and ``rows``.
    ordered
        (n,) the numbers that are there, ascending; empty for categories.
    edges
        Borders of the explainer's bins of numbers, ascending; none where it leaves them as they are.
    missing
        What stands for a missing number.
    rows
        Rows of the table, those without a value among them.
    """

    bars: pd.DataFrame
    ordered: FloatArray
    edges: tuple[float, ...]
    missing: float | None
    rows: int

    @property
    def is_number(self) -> bool:
        """Whether the values are numbers."""
        return "low" in self.bars


def numbers(column: FloatArray, edges: Sequence[float], missing: float | None) -> Distribution:
    """Describe a column of numbers."""
    observed = np.sort(column[np.isfinite(column) & (column != missing)])
    low, high = np.percentile(observed, TAILS) if len(observed) else (0.0, 0.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    counts, borders = np.histogram(np.clip(observed, low, high), BARS, (low, high))
    bars = pd.DataFrame({"low": borders[:-1], "high": borders[1:], "rows": counts})
    inside = tuple(edge for edge in edges if missing is None or edge >= low)
    return Distribution(bars, observed, inside, missing, len(column))


def categories(column: FloatArray, names: Sequence[str]) -> Distribution:
    """Describe a column of category codes."""
    known = column[np.isfinite(column)].astype(np.int64)
    counts = np.bincount(known, minlength=len(names))[: len(names)]
    bars = pd.DataFrame({"name": list(names), "code": range(len(names)), "rows": counts})
    return Distribution(bars, np.empty(0), (), None, len(column))


def bin_of(found: Distribution, value: float) -> tuple[float, float] | None:
    """Return the borders of the bin that a number falls in, open ends as the ends of the bars."""
    if not found.edges or value == found.missing or not np.isfinite(value):
        return None
    at = int(np.searchsorted(found.edges, value))
    first, last = float(found.bars["low"].iloc[0]), float(found.bars["high"].iloc[-1])
    low = found.edges[at - 1] if at else min(first, value)
    high = found.edges[at] if at < len(found.edges) else max(last, value)
    return low, high


def shown_categories(found: Distribution, code: int) -> pd.DataFrame:
    """Return the most frequent categories, the row's own always among them, and the rest as one."""
    there = found.bars[(found.bars["rows"] > 0) | (found.bars["code"] == code)]
    bars = there.sort_values("rows", ascending=False, kind="stable")
    if len(bars) > MOST_CATEGORIES:
        kept = bars.head(MOST_CATEGORIES - 1)
        if code not in set(kept["code"]):
            kept = pd.concat([kept.head(MOST_CATEGORIES - 2), bars[bars["code"] == code]])
        rest = bars[~bars["code"].isin(kept["code"])]
        last = pd.DataFrame({"name": [f"{len(rest)} others"], "code": [-1], "rows": [rest["rows"].sum()]})
        bars = pd.concat([kept, last])
    shown = bars.reset_index(drop=True)
    shown["place"] = [PLACES[0] if own else PLACES[2] for own in shown["code"] == code]
    shown["order"] = range(len(shown))
    return shown


def place_words(found: Distribution, value: float) -> str:
    """Say where a value lies among the others."""
    if not np.isfinite(value):
        return "There is no value."
    if not found.is_number:
        same = int(found.bars.loc[found.bars["code"] == int(value), "rows"].sum())
        return f"{_share(same, found.rows)} of the training rows have this value."
    if value == found.missing:
        gaps = found.rows - len(found.ordered)
        return f"The value is missing, as it is in {_share(gaps, found.rows)} of the training rows."
    return _rank_words(found, value)


def _rank_words(found: Distribution, value: float) -> str:
    below = int(np.searchsorted(found.ordered, value, side="left"))
    equal = int(np.searchsorted(found.ordered, value, side="right")) - below
    known = max(len(found.ordered), 1)
    if below + equal == 0:
        return "Lower than in every row that the model was trained on."
    if below == len(found.ordered):
        return "Higher than in every row that the model was trained on."
    if equal / known > 0.05:
        return f"{_share(equal, known)} of the training rows have this value, {_share(below, known)} a lower one."
    return f"Higher than in {_share(below, known)} of the training rows."


def _share(rows: int, total: int) -> str:
    """Return a share in whole percent, where some are not none and most are not all."""
    percent = 100 * rows / max(total, 1)
    if 0 < percent < 1:
        return "less than 1%"
    return "more than 99%" if 99 < percent < 100 else f"{percent:.0f}%"
