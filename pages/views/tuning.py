"""Tuning: which kernel width and how many samples, by how well and how steadily they explain."""

import streamlit as st

from sparklime_core.dashboard.shared.background import looked_at
from sparklime_core.dashboard.shared.errors import shown_errors
from sparklime_core.dashboard.tuning.study_panel import show_study
from sparklime_core.dashboard.tuning.tuning_form import tuning_form

with st.expander("What the two settings do, and what a good choice is", icon=":material/help:"):
    st.markdown(
        "- **Kernel width**: how far from the row a sample still counts. A narrow one is local: the surrogate "
        "follows the model close to the row. But few samples have any weight, so the answer is noisy. A wide one "
        "is steady, and says more about the model as a whole than about this row.\n"
        "- **Samples**: how many variants of the row the model is asked about. More samples cost time and make an "
        "answer steadier, up to a point. They do not make a bad fit better.\n\n"
        "- **Fit**: how much of what the model does around the row the explanation accounts for.\n"
        "- **Stability**: how often other seeds name the same strongest features.\n\n"
        "One without the other is worth little. A good choice has the best fit among the steady ones. "
        "lime's own kernel width is 0.75 times the root of the number of features, the middle of the grid; its "
        "own number of samples is 5,000."
    )
with shown_errors():
    tuning_form()
study = looked_at("tuning")
if study is not None:
    with shown_errors():
        show_study(study)
