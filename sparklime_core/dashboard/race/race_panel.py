"""A race: what it does now, each contestant's lane, and how many times as fast as lime each one is."""

from typing import TYPE_CHECKING

import streamlit as st

from sparklime_core.charts.race import lanes_chart, times_chart
from sparklime_core.dashboard.race.frames import (
    CONTESTANTS,
    points_frame,
    times_frame,
)
from sparklime_core.dashboard.race.lanes_table import lanes_table
from sparklime_core.dashboard.race.scaling_panel import scaling_panel
from sparklime_core.dashboard.shared.chart_element import draw
from sparklime_core.dashboard.shared.errors import shown_errors
from sparklime_core.dashboard.shared.subject import show_outcome
from sparklime_core.dashboard.shared.text import count, duration, plain

if TYPE_CHECKING:
    from sparklime_core.jobs.race import Race, RaceState
    from sparklime_core.jobs.race_state import Lane

NOTABLE_SECONDS = 0.5
"""Connecting that took less was none: Spark was there already."""
STAGES = {
    "waiting": "Waiting for the runs before it",
    "preparing": "Fitting the explainer",
    "racing": "Racing",
    "connecting": "Connecting to Spark",
    "scaling": "lime on more and more cores",
}
NAMES = list(CONTESTANTS.values())


def show_race(race: "Race") -> None:
    """Show a race, live until it has ended."""
    with st.container():  # one element either way, so that nothing below moves at the end
        if race.state().ended:
            _lanes(race.state(), race)
        else:
            _live(race)


@st.fragment(run_every=1.0)
@shown_errors()
def _live(race: "Race") -> None:
    state = race.state()
    if state.ended:
        st.rerun()
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/progress_activity: {stage_text(state)} …", width="stretch")
        if st.button("Cancel the race", icon=":material/stop_circle:", key="cancel-race"):
            race.cancel()
            st.toast("Stopping the race; its measurements are kept.", icon=":material/stop_circle:")
    _lanes(state, race)


def stage_text(state: "RaceState") -> str:
    """Say what a race does at this moment, and whose turn it is."""
    for lane in state.lanes:
        if lane.state.value == "starting":
            return f"{CONTESTANTS[lane.name]}: starting up"
        if lane.state.value == "running":
            return f"{CONTESTANTS[lane.name]}: {lane.done:,} of {count(lane.rows, 'row')} explained"
    return STAGES.get(state.stage, state.stage)


def _lanes(state: "RaceState", race: "Race") -> None:
    show_outcome(state, "race")
    about = [f"**{plain(race.plan.title)}**"]
    if race.plan.explain.output == "margin":
        about.append("explaining the probability, which lime takes; the run's output is the margin")
    if state.rows:
        about.append(f"{count(state.rows, 'row')} of {state.table_rows:,}, drawn by the seed")
    if state.master is not None:
        about.append(f"Spark on {plain(state.master)} with {count(state.cores, 'core')}")
    if state.connecting_seconds is not None and state.connecting_seconds >= NOTABLE_SECONDS:
        about.append(f"connecting took {duration(state.connecting_seconds)}, which no lane's time includes")
    st.caption(" · ".join(about))
    _headline(state)
    left, right = st.columns([3, 2])
    with left:
        st.markdown("## Rows over time")
        draw(
            lanes_chart(points_frame(state.lanes), state.rows, NAMES),
            alt="Rows explained over time by each contestant",
            key="race-lanes",
        )
    with right:
        st.markdown("## Where the time went")
        draw(
            times_chart(times_frame(state.lanes), NAMES),
            alt="Start-up and explaining of each contestant",
            key="race-times",
        )
        st.caption(
            "Start-up ends when every core has explained its first rows. Until then, Python workers "
            "start, import lime and scikit-learn, and load the model; a pool is drawn, a forest "
            "compiled."
        )
    lanes_table(state)
    _refusals(state.lanes)
    if state.steps:
        scaling_panel(state)


def _headline(state: "RaceState") -> None:
    lime = state.lane("lime").rows_per_second
    ended = [lane for lane in state.lanes if lane.name != "lime" and lane.state.value == "finished"]
    if lime is None or state.lane("lime").state.value != "finished" or not ended:
        return
    with st.grid(len(ended), min_column_width=240):
        for lane in ended:
            _times_as_fast(lane, lime)


def _times_as_fast(lane: "Lane", lime: float) -> None:
    rate = lane.rows_per_second or 0.0
    note = "measured on the same rows"
    help_text = "Rows per second divided by lime's, both measured on the sample, without start-up."
    if lane.more is not None:
        rows, seconds = lane.more
        note = f"{rows / seconds / lime:,.0f} × on {rows:,} rows, lime extrapolated"
        help_text += (
            f" On all {rows:,} rows it took {duration(seconds)}; at its pace on the sample, lime would take "
            f"{duration(rows / lime)} (extrapolated, not measured)."
        )
    st.metric(
        CONTESTANTS[lane.name],
        f"{rate / lime:,.{1 if rate < 100 * lime else 0}f} ×",
        delta=note,
        delta_color="off",
        delta_arrow="off",
        border=True,
        help=help_text,
    )


def _refusals(lanes: tuple["Lane", ...]) -> None:
    for lane in lanes:
        if lane.message is not None:
            st.warning(f"{CONTESTANTS[lane.name]}: {plain(lane.message)}", icon=":material/block:")
