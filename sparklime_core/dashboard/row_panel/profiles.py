"""Profiles of a row's features: the effect of every bin, and how much of the model's behaviour each carries."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from sparklime_core.charts.profiles import profiles_chart, profiles_frame
from sparklime_core.dashboard.row_panel.context import RowContext
from sparklime_core.dashboard.shared.chart_element import draw
from sparklime_core.dashboard.shared.run_cache import what_if_of
from sparklime_core.dashboard.shared.text import plain

NO_PROFILES = (
    "There are no profiles: they need features in bins or categories, and lime's own kernel. This run leaves "
    "numbers as they are, or has another kernel."
)
CAPTION = (
    "A bar is the model's mean prediction where the feature is in that bin, less its mean around the row. Bold: "
    "the row's own bin; lime's weight is its distance from the mean of the others. One scale for all features."
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
        draw(
            profiles_chart(profiles_frame(chosen), largest_effect(profiles)),
            alt=f"Profiles of {len(chosen)} features of row {row.view.row_id}",
            key="profiles",
        )
        st.caption(CAPTION)
    st.caption(carried_words(profiles, shown))


def row_result(row: RowContext) -> Mapping[str, Any]:
    """Return the explanation with its profiles: the run's own, or made here with the run's engine and seed."""
    result = row.view.result
    if result.get("profiles") is not None:
        return result
    rows = row.inputs.dataset.features[row.view.row_id : row.view.row_id + 1]
    return what_if_of(row.run.id).explain(rows, int(result["label"]))[0].result


def profiles_of(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a profile for each feature of an explanation, strongest weight first.

    Returns
    -------
    list of dict
        ``feature``, ``own`` (the condition that holds in the row), ``weight``, ``bins`` of the result's schema,
        and ``carries``: the feature's share of the model's variance around the row. Empty without profiles.
    """
    if not result.get("profiles"):
        return []
    entries = {entry["feature"]: entry for entry in result["explanation"]}
    variances = [_variance(profile["bins"]) for profile in result["profiles"]]
    scale = (result["profile_score"] or 0.0) / (sum(variances) or 1.0)
    return [
        {
            "feature": profile["feature"],
            "own": entries[profile["feature"]]["feature_explanation"],
            "weight": entries[profile["feature"]]["weight"],
            "bins": profile["bins"],
            "carries": variance * scale,
        }
        for profile, variance in zip(result["profiles"], variances, strict=True)
    ]


def largest_effect(profiles: Sequence[Mapping[str, Any]]) -> float:
    """Return the end of the scale that the profiles of one row share."""
    return max((abs(bin_["effect"] or 0.0) for profile in profiles for bin_ in profile["bins"]), default=0.0)


def carried_words(profiles: Sequence[Mapping[str, Any]], shown: int) -> str:
    """Say how much of the model's behaviour around the row the shown features carry, and how much the others."""
    carried = [profile["carries"] for profile in profiles]
    first, rest = sum(carried[:shown]), sum(carried[shown:])
    others = f", the other {len(profiles) - shown} of the explanation {rest:.0%}" if len(profiles) > shown else ""
    left = max(1.0 - first - rest, 0.0)
    return (
        f"The {min(shown, len(profiles))} features shown carry {first:.0%} of what the model does around this row"
        f"{others}. The remaining {left:.0%} is in features that are not in the explanation, and in interactions."
    )


def _variance(bins: Sequence[Mapping[str, Any]]) -> float:
    return float(sum(bin_["share"] * (bin_["effect"] or 0.0) ** 2 for bin_ in bins))
