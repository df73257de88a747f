"""The model page's forms: train a model, or bring one's own as a skops file."""

import tempfile
from pathlib import Path

import streamlit as st

from sparklime_core.dashboard.shared import session_state
from sparklime_core.data.dataset import Dataset
from sparklime_core.data.source_bytes import MOST_ENDING, base_name
from sparklime_core.models.model_files import list_types
from sparklime_core.models.own_model import load_model
from sparklime_core.models.settings import KINDS, ModelSettings

WEIGHTS = {
    "auto": "rare classes more, if imbalanced",
    "balanced": "rare classes more",
    "none": "all the same",
}


def settings_form(dataset: Dataset) -> ModelSettings | None:
    """Draw the form; return the settings when it is sent."""
    with st.form("model-form"):
        with st.grid(3, min_column_width=190):
            kind = st.selectbox(
                "Model", list(KINDS), format_func=KINDS.__getitem__, key="kind", persist_state="session"
            )
            weight = "auto"
            if dataset.class_names is not None:
                weight = st.selectbox(
                    "Weight of a row",
                    list(WEIGHTS),
                    format_func=WEIGHTS.__getitem__,
                    key="class-weight",
                    persist_state="session",
                )
        with st.grid(5, min_column_width=150):
            trees = st.number_input(
                "Trees", 1, 5000, 100, step=50, key="trees", persist_state="session", help="In boosting: rounds."
            )
            depth = st.number_input(
                "Depth", 1, None, None, key="depth", persist_state="session", placeholder="no limit"
            )
            leaf = st.number_input("Rows in a leaf, at least", 1, None, 1, key="leaf", persist_state="session")
            share = st.number_input("Test share", 0.05, 0.9, 0.25, 0.05, key="share", persist_state="session")
            seed = st.number_input("Seed", 0, 2**32 - 1, 0, key="forest-seed", persist_state="session")
        if not st.form_submit_button("Train", type="primary", icon=":material/model_training:"):
            return None
    limit = None if depth is None else int(depth)
    return ModelSettings(int(trees), limit, int(leaf), float(share), int(seed), kind, weight)


def own_model(dataset: Dataset) -> None:
    """Take a model that was trained elsewhere: audited first, and nothing of it executed.

    Raises
    ------
    ModelError
        When the file is no skops file, holds types that are not trusted, or does not fit the table.
    """
    st.caption(
        "A scikit-learn model that was trained on these features as SparkLIME encodes them, "
        "saved with `skops.io.dump`. The file is audited before anything of it is made; pickles are refused."
    )
    upload = st.file_uploader("A model in the skops format", key="own-model")
    if upload is None or upload.file_id == st.session_state.get("read-model"):
        return
    st.session_state["read-model"] = upload.file_id
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{Path(base_name(upload.name)).suffix[:MOST_ENDING]}"
        path.write_bytes(upload.getvalue())
        foreign = list_types(path)
        if foreign:
            st.error("The file holds types that are not trusted, so nothing of it was loaded:")
            st.code("\n".join(foreign), language=None)
            return
        session_state.set_model(load_model(path, dataset))
