"""A race: its form, what it does now, each contestant's lane and figures, and lime on more cores."""

from typing import TYPE_CHECKING

import streamlit as st

from sparklime_core.charts.studies import lanes_chart, scaling_chart, times_chart
from sparklime_core.dashboard.race.frames import (
    CONTESTANTS,
    lanes_frame,
    points_frame,
    steps_frame,
    times_frame,
)
from sparklime_core.dashboard.shared import columns
from sparklime_core.dashboard.shared.elements import draw
from sparklime_core.dashboard.shared.messages import plain, shown_errors
from sparklime_core.dashboard.shared.services import services
from sparklime_core.dashboard.shared.studies import choose_subject, remember_study, show_outcome
from sparklime_core.wording import count, duration, number

if TYPE_CHECKING:
    from sparklime_core.jobs.race import Race, RaceState
    from sparklime_core.jobs.race_state import Lane

LIME_SECONDS = (3, 6, 15, 30, 60)
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


def race_form() -> None:
    """Draw the form; when it is sent, queue a race.

    Raises
    ------
    SparkLimeError
        When the race cannot be made, or as many jobs wait as may.
    """
    with st.form("race"):
        load = choose_subject("race-subject")
        seconds = st.select_slider(
            "Seconds for lime",
            LIME_SECONDS,
            value=6,
            key="race-seconds",
            format_func=lambda value: f"about {value} s",
            help=(
                "The first rows show how many rows lime explains in this time; all contestants then "
                "explain as many: at least 16, at most 512."
            ),
        )
        scaling = st.toggle(
            "Then lime on 1, 2, 4 … cores",
            value=True,
            key="race-scaling",
            help="lime itself explains the same rows on the executors, with more and more tasks at once.",
        )
        if not st.form_submit_button("Start the race", type="primary", icon=":material/sports_score:"):
            return
    from sparklime_core.jobs.race import Race, RacePlan  # noqa: PLC0415 - imports Spark's driver side and lime

    race = Race(RacePlan(**vars(load()), lime_seconds=float(seconds), scaling=scaling))
    services().jobs.submit_exclusive(race)
    remember_study("race", race)


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
    """Return the current stage of a race, and whose turn it is, in words."""
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


def lanes_table(state: "RaceState") -> None:
    """Draw the table."""
    st.dataframe(
        lanes_frame(state),
        hide_index=True,
        column_config={
            "contestant": "Contestant",
            "where": "Runs on",
            "state": "State",
            "done": "Rows",
            "start_up": columns.seconds("Start-up (s)"),
            "seconds": columns.seconds("Explaining (s)"),
            "rows_per_second": columns.ROWS_PER_SECOND,
            "times": st.column_config.NumberColumn(
                "Times lime", format="%.1f", help="Rows per second divided by lime's, on the sample."
            ),
            "largest": st.column_config.NumberColumn(
                "Largest |Δ|", format="scientific", help="Largest difference of a weight from lime's."
            ),
            "mean": st.column_config.NumberColumn(
                "Mean |Δ|", format="scientific", help="Mean difference of the weights from lime's."
            ),
            "reason": st.column_config.TextColumn("Cause of the difference", width="large"),
        },
        alt="The contestants: start-up, time, speed, and the distance of their weights from lime's",
    )
    weight = next((lane.agreement.weight for lane in state.lanes if lane.agreement is not None), None)
    if weight is not None:
        st.caption(
            "|Δ|: difference of a weight from lime's, over the features that lime chose; a feature that "
            f"the other did not choose has weight 0. The mean |weight| of lime here is {number(weight)}."
        )


def scaling_panel(state: "RaceState") -> None:
    """Draw how much quicker each step was, and whether its result is the same."""
    st.markdown("## lime on more cores")
    frame = steps_frame(state.steps)
    ended = frame[frame["done"] == frame["rows"]]
    left, right = st.columns([3, 2])
    with left:
        if len(ended):
            draw(scaling_chart(ended), alt="Speed-up over cores", key="race-scaling-chart")
    with right:
        st.dataframe(
            frame[["cores", "done", "seconds", "speedup", "executors", "at_once", "same"]],
            hide_index=True,
            column_config={
                "cores": "Cores",
                "done": "Rows",
                "seconds": columns.seconds(),
                "speedup": st.column_config.NumberColumn("Times as fast", format="%.2f"),
                "executors": "Executors",
                "at_once": st.column_config.NumberColumn(
                    "Tasks at once", help="Tasks that really ran at the same time, by their own clocks."
                ),
                "same": st.column_config.TextColumn(
                    "Same result", help="Equal in every bit to the result on one core."
                ),
            },
            alt="The same rows on more and more cores",
        )
        st.caption(
            "lime itself explains the same rows on the executors, one wave after another. Each step "
            "allows as many tasks at once as it has cores; the session keeps all its cores. Seconds are "
            "wall time, and include the broadcast of the model."
        )
