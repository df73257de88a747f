"""Help: what LIME is and is not, its limits, the words of this app, where figures come from, the papers."""

import streamlit as st

from sparklime_core.dashboard.help.sections import draw_example, sections

for section in sections():
    st.header(section.title, anchor=section.anchor)
    st.markdown(section.text)
    if section.anchor == "profiles":
        draw_example()
