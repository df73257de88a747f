"""Race: lime, the published recipe and the fast engines on the same rows, live."""

import streamlit as st

from sparklime_core.dashboard.race.race_form import race_form
from sparklime_core.dashboard.race.race_panel import show_race
from sparklime_core.dashboard.shared.background import looked_at
from sparklime_core.dashboard.shared.errors import shown_errors
from sparklime_core.dashboard.shared.services import services
from sparklime_core.dashboard.shared.text import plain

master = services().spark.status().master
st.markdown(
    "Four contestants explain the same rows. **lime** itself runs in this server, row by row. The "
    "published **recipe** (lime in a Spark UDF) and the engines **sampled** and **exact** run on "
    f"{plain(master)}. They run one after another, and each has the machine to itself. The chart starts "
    "them all at 0."
)
with shown_errors():
    race_form()
race = looked_at("race")
if race is not None:
    with shown_errors():
        show_race(race)
