"""Tuning: which kernel width and how many samples, by how well and how steadily they explain."""

import streamlit as st

from sparklime_core.dashboard.shared.background import looked_at
from sparklime_core.dashboard.shared.errors import shown_errors
from sparklime_core.dashboard.tuning.page import show_study, tuning_form

with st.expander("What the two settings do, and what a good choice is", icon=":material/help:"):
    st.markdown(
        "- **Kernel width**: how far from the row a sample still counts. Narrow is local: the surrogate follows"
        " the model close to the row, but few samples have any weight, so the answer is noisy. Very narrow, "
        "only the row itself is left: R² then says nothing, and the features differ from seed to seed. Wide is "
        "steady, and says less about this row and more about the model as a whole.\n"
        "- **Samples**: how many variants of the row the model is asked about. More cost time and bring "
        "steadiness, up to a point; they do not make a bad fit better.\n"
        "- **Local R²**: how much of the model's behaviour around the row the surrogate explains. "
        "**Stability**: how often pools of other seeds name the same top features. One without the other is "
        "worth little: a good choice is as high in R² as it can be among those that are steady.\n\n"
        "lime's own kernel width is 0.75 times the root of the number of features, the middle of the grid; its "
        "own number of samples is 5,000."
    )
with shown_errors():
    tuning_form()
study = looked_at("tuning")
if study is not None:
    with shown_errors():
        show_study(study)
