"""The dashboard: ``streamlit run app.py``. It routes; pages are in pages/views, what they share in the package."""

from pathlib import Path

import streamlit as st

import sparklime_core.dashboard
from sparklime_core.dashboard.shared.errors import guarded
from sparklime_core.dashboard.shared.navigation import page_heading, pages
from sparklime_core.dashboard.shared.services import warm_up
from sparklime_core.dashboard.shared.sidebar import sidebar

ICON = str(Path(sparklime_core.dashboard.__file__).parent / "assets" / "icon.svg")

st.set_page_config(page_title="SparkLIME", page_icon=ICON, layout="wide", initial_sidebar_state=240)
page = st.navigation(pages(), expanded=True)
with guarded():
    sidebar()
with guarded():
    page_heading(page.title)
    page.run()
warm_up()
