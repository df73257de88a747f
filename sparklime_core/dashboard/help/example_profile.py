"""The picture of the help page: the profile of one feature, of a model that anybody can picture."""

import streamlit as st

from sparklime_core.charts.profiles import profiles_chart, profiles_frame
from sparklime_core.dashboard.shared.chart_element import show

AGE = {
    "feature": "age, in a model of who buys a house",
    "own": "30 < age <= 42",
    "carries": 0.46,
    "bins": [
        {"condition": "age <= 30", "share": 0.24, "effect": -0.18},
        {"condition": "30 < age <= 42", "share": 0.30, "effect": 0.15},
        {"condition": "42 < age <= 60", "share": 0.23, "effect": 0.08},
        {"condition": "age > 60", "share": 0.23, "effect": -0.09},
    ],
}
ALT = "A profile: the effect is -0.18 up to 30 years, +0.15 from 30 to 42 (this row), +0.08 to 60, and -0.09 above"


def draw_example() -> None:
    """Draw it."""
    with st.container(width=560):
        show(profiles_chart(profiles_frame([AGE]), 0.2), alt=ALT)
        st.caption(
            "Age accounts for 46 % of the model's variation around this row. lime's weight for *30 < "
            "age <= 42* would be +0.21: this bin's effect minus the mean of the others."
        )
