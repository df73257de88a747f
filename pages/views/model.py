"""Model: train one or bring one's own, and see how good it is on rows that it has not seen."""

import streamlit as st

from sparklime_core.dashboard.model.model_form import own_model, settings_form
from sparklime_core.dashboard.model.quality import measures, plots, traps_panel
from sparklime_core.dashboard.shared import workspace
from sparklime_core.dashboard.shared.empty_state import no_table
from sparklime_core.dashboard.shared.messages import plain, shown_errors
from sparklime_core.dashboard.shared.navigation import EXPLAIN, MODEL
from sparklime_core.dashboard.shared.people import share_workspace_button
from sparklime_core.models.train import train_with

dataset = workspace.dataset()
if dataset is None:
    no_table(MODEL)

st.markdown(f"A model that predicts **{plain(dataset.target_name)}** from the table **{plain(dataset.name)}**")
train, own = st.tabs([":material/model_training: Train a model", ":material/upload_file: My own model"])
with train, shown_errors():
    settings = settings_form(dataset)
    if settings is not None:
        with st.spinner("Training …", show_time=True):
            workspace.set_model(train_with(dataset, settings))
with own, shown_errors():
    own_model(dataset)

model = workspace.model()
if model is None:
    st.info("Train a model, or bring your own, to see how good it is.", icon=":material/model_training:")
    st.stop()

measures(model)
with shown_errors():
    traps_panel(model, dataset)
st.page_link(EXPLAIN, label="Next: explain its predictions", icon=":material/bolt:")
share_workspace_button("model")
with shown_errors():
    plots()
