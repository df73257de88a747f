"""Profiles of a row's features: the effect of every bin, and how much of the model's behaviour each carries."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from sparklime_core.charts.palette import AVERAGED
from sparklime_core.charts.profiles import profiles_chart, profiles_frame
from sparklime_core.dashboard.row_panel.context import RowContext
from sparklime_core.dashboard.row_panel.shap_facts import DEPENDENCE_ROWS, dependence_of
from sparklime_core.dashboard.shared.chart_element import draw
from sparklime_core.dashboard.shared.errors import shown_errors
from sparklime_core.dashboard.shared.run_cache import what_if_of
from sparklime_core.dashboard.shared.text import plain
from sparklime_core.explain.profiles.carried import carried_words, largest_effect, profiles_of

NO_PROFILES = (
    "There are no profiles: they need features in bins or categories, and lime's own kernel. This run leaves "
    "numbers as they are, or has another kernel."
)
CAPTION = (
    "A bar is the model's mean prediction where the feature is in that bin, minus its mean around the "
    "row. Bold: the row's own bin; lime's weight is its effect minus the mean of the others. All "
    "features have one scale."
)

AVERAGES = (
    f':color[◆]{{foreground="{AVERAGED}"}} Partial dependence: the model\'s average over up to {DEPENDENCE_ROWS} '
    "rows of the table with the feature put into that bin, less its average over them. LIME draws the other "
    "features by themselves; here they stay together as the table has them."
)


def draw_profiles(row: RowContext, shown: int) -> None:
    """Let the bars of the weights be opened, each into the profile of its feature."""
    profiles = profiles_of(row_result(row))
    if not profiles:
        st.caption(NO_PROFILES)
        return
    names = [profile["feature"] for profile in profiles]
    opened = st.pills(
        "Open a bar: the effect of every bin",
        names,
        default=names[:1],
        selection_mode="multi",
        format_func=plain,
        key=f"profiles-{row.view.row_id}-{row.view.result['label']}",
    )
    chosen = [profile for profile in profiles if profile["feature"] in opened]
    if chosen:
        label = int(row.view.result["label"])
        features = list(row.tables.dataset.feature_names)
        averages = {}
        with shown_errors():
            averages = {name: dependence_of(row.run, features.index(name), label) for name in opened}
        draw(
            profiles_chart(profiles_frame(chosen, averages), largest_effect(profiles)),
            alt=f"Profiles of {len(chosen)} features of row {row.view.row_id}",
            key="profiles",
        )
        st.caption(CAPTION)
        st.caption(AVERAGES)
    st.caption(carried_words(profiles, shown))


def row_result(row: RowContext) -> Mapping[str, Any]:
    """Return the explanation with its profiles: the run's own, or made here with the run's engine and seed."""
    result = row.view.result
    if result.get("profiles") is not None:
        return result
    rows = row.tables.dataset.features[row.view.row_id : row.view.row_id + 1]
    return what_if_of(row.run).explain(rows, int(result["label"]))[0].result
