"""The row's values among all: each explained feature's distribution, its bins, and the row's own place."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from sparklime_core.charts.colours import AGAINST, FOR, REST
from sparklime_core.charts.distribution import categories_chart, numbers_chart
from sparklime_core.charts.weights import weight_text
from sparklime_core.dashboard.row_panel.context import RowContext, explainer_of
from sparklime_core.dashboard.shared import columns
from sparklime_core.dashboard.shared.elements import draw
from sparklime_core.dashboard.shared.messages import plain
from sparklime_core.dashboard.shared.run_cache import keep, tables_of
from sparklime_core.explain.types import FloatArray
from sparklime_core.runs.row_view import RowView
from sparklime_core.runs.run import Run

BARS = 24
MOST_CATEGORIES = 8
TAILS = (0.5, 99.5)
"""Percentiles between which the bars lie; what is further out is counted in the last ones."""

PLACES = ("this row", "its bin", "others")
"""Where a bar is, seen from the row; of a number, bars of its bin, of a category the row's own."""

MOST_FEATURES = 4
"""Features that are drawn at once; the others are picked."""

CAPTION = (
    "Grey: the training rows. Coloured: the row's bin or category, as LIME sees it. Dashed: the borders "
    "of the bins. Red: the row's value."
)


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
    """Return where a value lies among the others, in words."""
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
    """Return a share in whole percent; "less than 1%" and "more than 99%" are not 0 and 100."""
    percent = 100 * rows / max(total, 1)
    if 0 < percent < 1:
        return "less than 1%"
    return "more than 99%" if 99 < percent < 100 else f"{percent:.0f}%"


def draw_values(row: RowContext) -> None:
    """Draw the strongest features' distributions, and list all features."""
    entries = {entry["feature"]: entry for entry in row.view.result["explanation"] or ()}
    names = list(row.tables.dataset.feature_names)
    chosen = st.multiselect(
        "Features",
        [*entries, *(name for name in names if name not in entries)],
        default=list(entries)[:MOST_FEATURES],
        max_selections=12,
        key=f"features-{row.view.row_id}-{row.view.result['label']}",
    )
    for name in chosen:
        _feature(row, names.index(name), entries.get(name))
    if chosen:
        st.caption(CAPTION)
    values_table(row)


def _feature(row: RowContext, feature: int, entry: Mapping[str, Any] | None) -> None:
    dataset, view = row.tables.dataset, row.view
    value = float(dataset.features[view.row_id, feature])
    found = distribution_of(row.run, feature)
    name = dataset.feature_names[feature]
    weight = (
        "" if entry is None else f" · {plain(entry['feature_explanation'])}: **{weight_text(entry['weight'])}**"
    )
    colour = REST if entry is None else FOR if entry["weight"] >= 0 else AGAINST
    st.markdown(f"**{plain(name)}** = {plain(view.values[name])}{weight}")
    if found.is_number:
        known = math.isfinite(value) and value != found.missing
        chart = numbers_chart(found.bars, found.edges, bin_of(found, value), value if known else None, colour)
    else:
        bars = shown_categories(found, int(value) if math.isfinite(value) else -1)
        chart = categories_chart(bars, colour, (PLACES[0], PLACES[2]))
    what = f"Distribution of feature {feature + 1}, {name}, and the place of row {view.row_id}"
    draw(chart, alt=what, key=f"dist-{feature}")
    st.caption(plain(place_words(found, value)))


def values_table(row: RowContext) -> None:
    """List the row's features, those of the explanation first."""
    st.dataframe(
        values_frame(row.view),
        hide_index=True,
        height=320,
        column_config={
            "feature": columns.FEATURE,
            "value": columns.VALUE,
            "condition": st.column_config.TextColumn("Condition in the explanation"),
            "weight": columns.weight(),
        },
        alt=f"Feature values of row {row.view.row_id}",
    )


@partial(keep, entries=256)
def distribution_of(run: Run, feature: int) -> Distribution:
    """Return how the values of a feature are distributed in the table that the model was trained on."""
    table = tables_of(run).learnt_from
    column = table.features[table.labelled, feature]
    names = table.categorical_names.get(feature)
    if names is not None:
        return categories(column, names)
    discretizer = explainer_of(run).discretizer
    edges = () if discretizer is None else tuple(map(float, discretizer.maxs[feature][:-1]))
    return numbers(column, edges, table.missing_values.get(feature))


def values_frame(view: RowView) -> pd.DataFrame:
    """Return the row's features: name, value, condition and weight, those of the explanation first."""
    explained = {entry["feature"]: entry for entry in view.result["explanation"] or ()}
    names = [*explained, *(name for name in view.values if name not in explained)]
    return pd.DataFrame(
        {
            "feature": names,
            "value": [view.values.get(name, "") for name in names],
            "condition": [explained[name]["feature_explanation"] if name in explained else None for name in names],
            "weight": pd.Series(
                [explained[name]["weight"] if name in explained else None for name in names], dtype="float64"
            ),
        }
    )
