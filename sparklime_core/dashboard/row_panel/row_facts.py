"""What the row panel looks up or computes of a row, remembered."""

# ruff: noqa: ARG001 - the version is an argument so that the caches know it

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from sparklime_core.dashboard.row_panel.distribution import Distribution, categories, numbers
from sparklime_core.dashboard.shared.run_cache import Version, inputs_of
from sparklime_core.dashboard.shared.services import services
from sparklime_core.runs.result_queries import explained_by, stability_of

if TYPE_CHECKING:
    from sparklime_core.explain.task import ExplainTask
    from sparklime_core.explain.types import Explainer

POOLS_NOW = 10
"""From how many pools stability is measured where a run has none, for one row at a time."""


@st.cache_data(max_entries=512, show_spinner=False)
def row_origin(run_id: str, version: Version, row_id: int) -> dict[str, Any] | None:
    """Return who explained a row, as a dictionary of the work's schema; None where that is not recorded."""
    return explained_by(services().store.open(run_id), row_id)


@st.cache_data(max_entries=512, show_spinner=False)
def row_stability(run_id: str, version: Version, row_id: int) -> list[dict[str, Any]]:
    """Return how stable a row's explanations are, as far as the run has measured it."""
    return stability_of(services().store.open(run_id), row_id)


@st.cache_data(max_entries=512, show_spinner=False)
def row_probabilities(run_id: str, row_id: int) -> tuple[float, ...] | None:
    """Return the model's probabilities of all classes; None in regression, and where the model gives none."""
    from sparklime_core.explain.predict_function import predict_columns  # noqa: PLC0415 - imports lime

    inputs = inputs_of(run_id)
    if inputs.dataset.class_names is None:
        return None
    row = inputs.dataset.features[row_id : row_id + 1]
    try:
        found = predict_columns(inputs.estimator.predict_proba, row, "classification")[0]
    except Exception:  # noqa: BLE001 - whatever a model raises: the row's own result says what was wrong
        return None
    return tuple(float(value) for value in found)


@st.cache_data(max_entries=16, show_spinner=False)
def prediction_span(run_id: str) -> float:
    """Return the range of predictions of a run's model."""
    return inputs_of(run_id).learnt_from.prediction_span


@st.cache_resource(max_entries=4, show_spinner="Fitting the explainer …")
def explainer_of(run_id: str) -> "Explainer":
    """Return the explainer of a run."""
    from sparklime_core.explain.explainer import build_explainer  # noqa: PLC0415 - imports lime

    manifest = services().store.open(run_id).manifest()
    return build_explainer(inputs_of(run_id).learnt_from, manifest.explainer)


@st.cache_resource(max_entries=2, show_spinner=f"Drawing {POOLS_NOW} pools of samples …")
def measuring_task(run_id: str) -> "ExplainTask":
    """Return what explains rows of a run as it was explained, and measures their stability."""
    from sparklime_core.explain.stability_task import prepare_measured  # noqa: PLC0415 - imports lime
    from sparklime_core.jobs.runner import predict_fn_of  # noqa: PLC0415 - imports Spark

    settings = services().store.open(run_id).manifest().explain
    predict_fn = predict_fn_of(inputs_of(run_id).estimator)
    return prepare_measured(explainer_of(run_id), predict_fn, settings, POOLS_NOW)


@st.cache_data(max_entries=512, show_spinner=False)
def measured_now(run_id: str, row_id: int) -> list[dict[str, Any]]:
    """Measure how stable a row's explanations are, here and now."""
    rows = inputs_of(run_id).dataset.features[row_id : row_id + 1]
    _, found = measuring_task(run_id).explain_and_measure(rows, np.array([row_id]))
    measured: list[dict[str, Any]] = [] if found is None else found.to_pylist()
    return measured


@st.cache_data(max_entries=256, show_spinner=False)
def distribution_of(run_id: str, feature: int) -> Distribution:
    """Return how the values of a feature are distributed in the table that the model was trained on."""
    table = inputs_of(run_id).learnt_from
    column = table.features[table.labelled, feature]
    names = table.categorical_names.get(feature)
    if names is not None:
        return categories(column, names)
    discretizer = explainer_of(run_id).discretizer
    edges = () if discretizer is None else tuple(map(float, discretizer.maxs[feature][:-1]))
    return numbers(column, edges, table.missing_values.get(feature))
