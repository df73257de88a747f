"""Where the row's values lie: each explained feature's distribution, its bins, and the row's own among them."""

import math
from collections.abc import Mapping
from typing import Any

import streamlit as st

from sparklime_core.charts.distribution import categories_chart, numbers_chart
from sparklime_core.charts.palette import AGAINST, FOR, REST
from sparklime_core.charts.weights import weight_text
from sparklime_core.dashboard.row_panel.context import RowContext
from sparklime_core.dashboard.row_panel.distribution import PLACES, bin_of, place_words, shown_categories
from sparklime_core.dashboard.row_panel.row_facts import distribution_of
from sparklime_core.dashboard.row_panel.row_frames import values_frame
from sparklime_core.dashboard.shared import columns
from sparklime_core.dashboard.shared.chart_element import draw
from sparklime_core.dashboard.shared.text import plain

MOST = 4
"""Features that are drawn at once; the others are picked."""

CAPTION = (
    "Grey: the training rows. Coloured: the row's bin or category, as LIME sees it. Dashed: the borders "
    "of the bins. Red: the row's value."
)


def draw_values(row: RowContext) -> None:
    """Draw the strongest features' distributions, and list all features."""
    entries = {entry["feature"]: entry for entry in row.view.result["explanation"] or ()}
    names = list(row.tables.dataset.feature_names)
    chosen = st.multiselect(
        "Features",
        [*entries, *(name for name in names if name not in entries)],
        default=list(entries)[:MOST],
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
