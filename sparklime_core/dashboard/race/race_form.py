"""The form that starts a race."""

from typing import TYPE_CHECKING

import streamlit as st

from sparklime_core.dashboard.shared.background import begin
from sparklime_core.dashboard.shared.services import services
from sparklime_core.dashboard.shared.subject import choose_subject

if TYPE_CHECKING:
    pass

LIME_SECONDS = (3, 6, 15, 30, 60)


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
    begin("race", race)
