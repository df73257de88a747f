"""The model page's forms: train a model, or bring one's own as a file."""

import tempfile
from pathlib import Path

import streamlit as st

from sparklime_core.dashboard.shared import workspace
from sparklime_core.dashboard.shared.settings_form import SettingsForm
from sparklime_core.data.dataset import Dataset
from sparklime_core.data.source_files import MOST_ENDING, base_name
from sparklime_core.models.model_files import list_types
from sparklime_core.models.own_model import load_model
from sparklime_core.models.settings import KINDS, ModelSettings

WEIGHTS = {
    "auto": "weigh rare classes more, if imbalanced",
    "balanced": "weigh rare classes more",
    "none": "weigh all classes the same",
}


def settings_form(dataset: Dataset) -> ModelSettings | None:
    """Draw the form; return the settings when it is sent."""
    model = workspace.model()
    form = SettingsForm(ModelSettings, None if model is None or model.trained_elsewhere else model.settings)
    with st.form("model-form"):
        with st.grid(3, min_column_width=190):
            form.draw("kind", KINDS, key="kind")  # the session has the model itself under "model"
            if dataset.class_names is None:
                form.take("class_weight", "auto")
            else:
                form.draw("class_weight", WEIGHTS)
        with st.grid(3, min_column_width=150):
            form.draw("n_estimators", step=50)
            for name in form.left():
                form.draw(name)
        if not st.form_submit_button("Train", type="primary", icon=":material/model_training:"):
            return None
    return form.chosen()


def own_model(dataset: Dataset) -> None:
    """Draw the upload of a model. A limited process tries it first, and nothing of it is unpickled.

    Raises
    ------
    SparkLimeError
        When the file is of no known format, holds types that are not trusted, crashes its library, or does not fit
        the table.
    """
    st.caption(
        "A scikit-learn model or pipeline, saved with `skops.io.dump`; or a library's own file: "
        "XGBoost's `.json` or `.ubj`, LightGBM's `.txt`, CatBoost's `.cbm`. It may be trained on the "
        "table's own columns, or on the features as SparkLIME encodes them. A separate process opens it "
        "first; pickles are refused."
    )
    upload = st.file_uploader("The model's file", key="own-model")
    if upload is None or upload.file_id == st.session_state.get("read-model"):
        return
    st.session_state["read-model"] = upload.file_id
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{Path(base_name(upload.name)).suffix[:MOST_ENDING]}"
        path.write_bytes(upload.getvalue())
        foreign = list_types(path)
        if foreign:
            st.error("The file holds types that are not trusted, so nothing was loaded from it:")
            st.code("\n".join(foreign), language=None)
            return
        workspace.set_model(load_model(path, dataset))
