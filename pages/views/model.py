"""Model: train a random forest, and see how good it is on rows that it has not seen."""

import streamlit as st

from sparklime_core.charts.classes import confusion_chart, predictions_chart
from sparklime_core.dashboard import session
from sparklime_core.dashboard.errors import shown_errors
from sparklime_core.dashboard.measures import MEASURES, confusion_frame, predictions_frame
from sparklime_core.dashboard.navigation import DATA, EXPLAIN, next_step
from sparklime_core.dashboard.text import count, number, plain
from sparklime_core.models.forest import train_forest

st.title("Model", anchor=False)
st.caption("How well does a random forest learn it?")
dataset = session.dataset()
if dataset is None:
    next_step("There is no table yet to learn from.", DATA, "Choose a table", ":material/table:")
    st.stop()

with st.form("forest"):
    st.markdown(
        f"A random forest that predicts **{plain(dataset.target_name)}** from the table **{plain(dataset.name)}**"
    )
    with st.grid(5, min_column_width=150):
        trees = st.number_input("Trees", 1, 5000, 100, step=50, key="trees", persist_state="session")
        depth = st.number_input(
            "Depth", 1, None, None, key="depth", persist_state="session", placeholder="no limit"
        )
        leaf = st.number_input("Rows in a leaf, at least", 1, None, 1, key="leaf", persist_state="session")
        share = st.number_input("Test share", 0.05, 0.9, 0.25, 0.05, key="share", persist_state="session")
        seed = st.number_input("Seed", 0, 2**32 - 1, 0, key="forest-seed", persist_state="session")
    if st.form_submit_button("Train", type="primary", icon=":material/model_training:"):
        with shown_errors(), st.spinner("Training …", show_time=True):
            session.set_model(
                train_forest(
                    dataset,
                    int(trees),
                    None if depth is None else int(depth),
                    share,
                    int(seed),
                    min_samples_leaf=int(leaf),
                )
            )

model = session.model()
if model is None:
    st.info("Train the model to see how good it is.", icon=":material/model_training:")
    st.stop()

metrics = model.metrics
st.caption(f"Measured on {count(metrics.test_rows, 'test row')} that the model has not seen")
with st.grid(4, min_column_width=140):
    for name, value in metrics.values.items():
        label, help_text = MEASURES.get(name, (name, None))
        st.metric(label, number(value), help=help_text, border=True)
st.page_link(EXPLAIN, label="Next: explain its predictions", icon=":material/bolt:")
if dataset.class_names is not None:
    st.markdown("##### Where is it wrong?")
    st.altair_chart(
        confusion_chart(confusion_frame(metrics.confusion, dataset.class_names)),
        alt="Confusion matrix of the test rows: true class by predicted class",
    )
else:
    st.markdown("##### How far off is it?")
    st.altair_chart(
        predictions_chart(predictions_frame(model, dataset)), alt="Predicted against true values of the test rows"
    )
