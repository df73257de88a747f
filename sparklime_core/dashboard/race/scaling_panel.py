"""lime itself on more and more cores."""

from typing import TYPE_CHECKING

import streamlit as st

from sparklime_core.charts.race import scaling_chart
from sparklime_core.dashboard.race.frames import (
    steps_frame,
)
from sparklime_core.dashboard.shared import columns
from sparklime_core.dashboard.shared.chart_element import draw

if TYPE_CHECKING:
    from sparklime_core.jobs.race import RaceState


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
