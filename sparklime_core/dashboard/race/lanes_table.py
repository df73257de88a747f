"""The table of the contestants: start-up, time, speed, and how far their weights are from lime's."""

from typing import TYPE_CHECKING

import streamlit as st

from sparklime_core.dashboard.race.frames import (
    lanes_frame,
)
from sparklime_core.dashboard.shared import columns
from sparklime_core.dashboard.shared.text import number

if TYPE_CHECKING:
    from sparklime_core.jobs.race import RaceState


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
