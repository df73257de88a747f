"""Facts of a row for the row panel, computed once."""

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sparklime_core.dashboard.row_panel.distribution import Distribution, categories, numbers
from sparklime_core.dashboard.shared.cache import keep
from sparklime_core.dashboard.shared.run_cache import inputs_of, tables_of
from sparklime_core.explain.types import Explainer, predict_fn_of
from sparklime_core.runs.row_view import class_probabilities
from sparklime_core.runs.run import Run

if TYPE_CHECKING:
    from sparklime_core.explain.task import ExplainTask

POOLS_NOW = 10
"""From how many pools stability is measured where a run has none, for one row at a time."""


@partial(keep, entries=512)
def row_probabilities(run: Run, row_id: int) -> tuple[float, ...] | None:
    """Return the model's probabilities of all classes; None in regression, and where the model gives none."""
    return None if run.facts.is_regression else class_probabilities(inputs_of(run), row_id)


@partial(keep, entries=16)
def prediction_span(run: Run) -> float:
    """Return the range of predictions of a run's model."""
    if run.output == "probability":
        return tables_of(run).learnt_from.prediction_span
    return inputs_of(run).prediction_span(run.output)


@partial(keep, spinner="Fitting the explainer …")
def explainer_of(run: Run) -> Explainer:
    """Return the explainer of a run."""
    from sparklime_core.explain.explainer import build_explainer  # noqa: PLC0415 - imports lime

    return build_explainer(tables_of(run).learnt_from, run.manifest().explainer)


@partial(keep, entries=2, spinner=f"Drawing {POOLS_NOW} pools of samples …")
def measuring_task(run: Run) -> "ExplainTask":
    """Return what explains rows of a run as it was explained, and measures their stability."""
    from sparklime_core.explain.stability_task import prepare_measured  # noqa: PLC0415 - imports lime

    settings = run.manifest().explain
    predict_fn = predict_fn_of(inputs_of(run).estimator)
    return prepare_measured(explainer_of(run), predict_fn, settings, POOLS_NOW)


@partial(keep, entries=512)
def measured_now(run: Run, row_id: int) -> list[dict[str, Any]]:
    """Measure how stable a row's explanations are, here and now."""
    rows = tables_of(run).dataset.features[row_id : row_id + 1]
    _, found = measuring_task(run).explain_and_measure(rows, np.array([row_id]))
    measured: list[dict[str, Any]] = [] if found is None else found.to_pylist()
    return measured


@partial(keep, entries=256)
def distribution_of(run: Run, feature: int) -> Distribution:
    """Return how the values of a feature are distributed in the table that the model was trained on."""
    table = tables_of(run).learnt_from
    column = table.features[table.labelled, feature]
    names = table.categorical_names.get(feature)
    if names is not None:
        return categories(column, names)
    discretizer = explainer_of(run).discretizer
    edges = () if discretizer is None else tuple(map(float, discretizer.maxs[feature][:-1]))
    return numbers(column, edges, table.missing_values.get(feature))
