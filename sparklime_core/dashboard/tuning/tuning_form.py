"""The form that starts a study of settings."""

from typing import TYPE_CHECKING

import streamlit as st

from sparklime_core.dashboard.shared.background import begin
from sparklime_core.dashboard.shared.subject import choose_subject
from sparklime_core.dashboard.tuning.study_panel import CHOICE

if TYPE_CHECKING:
    pass


def tuning_form() -> None:
    """Draw the form; when it is sent, begin a study.

    Raises
    ------
    SparkLimeError
        When the study cannot be made.
    """
    with st.form("tuning"):
        load = choose_subject("tuning-subject")
        left, right = st.columns(2)
        rows = left.number_input(
            "Rows",
            1,
            500,
            32,
            key="tuning-rows",
            help="A sample drawn with the seed; every figure is a mean over these rows.",
        )
        pools = right.number_input(
            "Pools", 2, 20, 5, key="tuning-pools", help="Number of explanations per row, each with its own seed."
        )
        if not st.form_submit_button("Try the grid", type="primary", icon=":material/grid_on:"):
            return
    from sparklime_core.jobs.tuning import TuningPlan, TuningStudy  # noqa: PLC0415 - imports lime

    study = TuningStudy(TuningPlan(**vars(load()), rows=int(rows), pools=int(pools)))
    study.start()
    st.session_state.pop(CHOICE, None)
    begin("tuning", study)
