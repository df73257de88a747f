"""Race: lime, the published recipe and the fast engines on the same rows, live."""

import streamlit as st

from sparklime_core.dashboard.race.race_panel import race_form, show_race
from sparklime_core.dashboard.shared.messages import plain, shown_errors
from sparklime_core.dashboard.shared.services import services
from sparklime_core.dashboard.shared.studies import current_study

master = services().spark.status().master
st.markdown(
    "Four contestants explain the same rows. **lime** itself runs in this server, row by row. The "
    "published **recipe** (lime in a Spark UDF) and the engines **sampled** and **exact** run on "
    f"{plain(master)}. They run one after another, and each has the machine to itself. The chart starts "
    "them all at 0."
)
with shown_errors():
    race_form()
race = current_study("race")
if race is not None:
    with shown_errors():
        show_race(race)
