"""Tuning: which kernel width and how many samples, by how well and how steadily they explain."""

import streamlit as st

from sparklime_core.dashboard.shared.messages import shown_errors
from sparklime_core.dashboard.shared.studies import current_study
from sparklime_core.dashboard.tuning.study_panel import show_study, tuning_form

with st.expander("What the two settings do, and what a good choice is", icon=":material/help:"):
    st.markdown(
        "- **Kernel width**: how far from the row a sample still counts. A narrow kernel is local: the "
        "surrogate follows the model close to the row. But few samples have any weight, so the weights "
        "are noisy. A wide kernel gives stable weights, which describe the whole model more than this "
        "row.\n"
        "- **Samples**: the number of variants of the row. More samples cost time and make the weights "
        "more stable, up to a point. They do not improve a bad fit.\n\n"
        "- **Fit**: the share of the model's variation around the row that the explanation accounts "
        "for.\n"
        "- **Stability**: how often other seeds name the same strongest features.\n\n"
        "A good choice has the best fit among the stable ones. lime's own kernel width is 0.75 times "
        "the root of the number of features, the middle of the grid; its own number of samples is "
        "5,000."
    )
with shown_errors():
    tuning_form()
study = current_study("tuning")
if study is not None:
    with shown_errors():
        show_study(study)
