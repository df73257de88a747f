"""The panel of profiles: what every bin of a feature does over all rows, and the rows where it differs."""

from functools import partial
from typing import Any

import streamlit as st

from sparklime_core.charts.profiles import mean_profile_chart
from sparklime_core.dashboard.overview.frames import mean_profile, profile_lines, ranking, unlike_rows
from sparklime_core.dashboard.overview.panel_parts import RunTotals, of_all, panel_head, row_link
from sparklime_core.dashboard.row_panel.context import dependence_of
from sparklime_core.dashboard.row_panel.why import AVERAGES
from sparklime_core.dashboard.shared.elements import draw
from sparklime_core.dashboard.shared.messages import plain, shown_errors
from sparklime_core.dashboard.shared.run_cache import inputs_of, remember, what_if_of
from sparklime_core.runs.run import Run
from sparklime_core.wording import number

ROWS = 300
"""Rows whose profiles are made here, drawn by chance."""

UNLIKE = 5
HELP = (
    "A bar is the model's mean prediction with the feature in that bin, minus its mean around the row; "
    "averaged over the rows. The line spans one standard deviation of the rows on both sides. Where it "
    "is long, the feature acts differently from row to row, through interactions with other features."
)
NO_AVERAGES = "Partial dependence is of one class: choose one to see it here."
NO_PROFILES = "This run has no profiles: they need features in bins or categories, and lime's own kernel."


def profiles_panel(scope: RunTotals) -> None:
    """Draw the panel."""
    panel_head("Profiles", "How does each bin of a feature change the prediction, over all rows?", HELP)
    sample = scope.sample()
    row_ids = [int(row) for row in sample.rows["row_id"].iloc[:ROWS]]
    results = _profiles(scope.run, tuple(row_ids), scope.explained.label)
    ranked = ranking(scope.totals(), scope.names)
    at = st.selectbox(
        "Feature",
        [*ranked, *(other for other in range(len(scope.names)) if other not in ranked)],
        format_func=scope.names.__getitem__,
        key="overview-profile-feature",
        persist_state="session",
    )
    lines = profile_lines(results, row_ids, scope.names[at])
    if lines.empty:
        st.info(NO_PROFILES, icon=":material/bar_chart:")
        return
    label = 0 if scope.regression else scope.explained.label
    averages = {}
    with shown_errors():
        averages = {} if label is None else dependence_of(scope.run, at, label)
    bins = mean_profile(lines, averages)
    left, right = st.columns([11, 10], gap="medium")
    with left:
        draw(
            mean_profile_chart(bins),
            key="overview-profile",
            alt=f"Mean effect of each bin of {scope.names[at]} over {len(row_ids)} rows",
        )
        st.caption(
            f"{of_all(sample, scope.totals().rows, len(row_ids))}. {NO_AVERAGES if label is None else AVERAGES}"
        )
    with right:
        panel_head("Rows that differ", "For which rows does the feature act differently?", HELP)
        for row in unlike_rows(lines, bins, UNLIKE).to_dict("records"):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                row_link(scope, int(row["row_id"]))
                words = f"{number(row['distance'])} from the mean profile, most at {plain(row['text'])}"
                st.caption(words, width="content")


@partial(remember, entries=8, spinner="Computing the profiles of some rows …")
def _profiles(run: Run, row_ids: tuple[int, ...], label: int | None) -> list[dict[str, Any]]:
    rows = inputs_of(run).dataset.features[list(row_ids)]
    return what_if_of(run).profiles(rows, label)
