"""SHAP values and partial dependence of a run's model, computed once."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sparklime_core.dashboard.row_panel.row_facts import explainer_of
from sparklime_core.dashboard.shared.cache import keep
from sparklime_core.dashboard.shared.run_cache import inputs_of
from sparklime_core.runs.run import Run

if TYPE_CHECKING:
    from sparklime_core.explain.shap_values import ShapExplainer, ShapValues
    from sparklime_core.explain.types import FloatArray

SAMPLED_RUN = "shap-sampled-run"
"""Key of the run whose SHAP values this session has computed from predictions of mixtures."""

DEPENDENCE_ROWS, OBSERVED_ROWS = 200, 2_000
"""Rows over which partial dependence is averaged, and rows whose values stand for the bins."""


@partial(keep, spinner="Getting ready for SHAP values, once for this run …")
def shap_of(run: Run, sampled: bool) -> "ShapExplainer":
    """Return what gives SHAP values: by the model's trees, or from mixtures of rows, for the run's output."""
    from sparklime_core.explain.shap_values import sampled_shap, tree_shap  # noqa: PLC0415 - imports lime

    inputs = inputs_of(run)
    table = inputs.learnt_from
    if not sampled:
        return tree_shap(inputs.estimator, table.mode, table.features)
    return sampled_shap(inputs.estimator, table.features[table.labelled], table.mode, run.output)


@partial(keep, entries=64, spinner="Computing SHAP values …")
def shap_values_of(run: Run, row_ids: tuple[int, ...], labels: tuple[int, ...], sampled: bool) -> "ShapValues":
    """Return the SHAP values of rows of a run, each of its own label."""
    rows = inputs_of(run).dataset.features[list(row_ids)].astype(np.float64)
    return shap_of(run, sampled).explain(rows, np.array(labels, dtype=np.int64))


def lime_parts_of(run: Run, weights: "FloatArray", row_ids: tuple[int, ...]) -> "FloatArray":
    """Return LIME's part of each feature, to compare with SHAP's; see `lime_parts`."""
    from sparklime_core.explain.shap_agreement import lime_parts  # noqa: PLC0415 - imports lime

    return lime_parts(explainer_of(run), weights, inputs_of(run).dataset.features[list(row_ids)])


@partial(keep, entries=256, spinner="Averaging the model over some rows …")
def dependence_of(run: Run, feature: int, label: int) -> dict[str, float]:
    """Return the partial dependence of a label on a feature, by the condition of each bin."""
    from sparklime_core.explain.partial_dependence import partial_dependence  # noqa: PLC0415 - imports lime
    from sparklime_core.explain.predict_function import resolve_predict  # noqa: PLC0415 - imports lime
    from sparklime_core.explain.shap_values import sample_of  # noqa: PLC0415 - imports lime

    inputs = inputs_of(run)
    table = inputs.learnt_from
    predict_fn = resolve_predict(inputs.estimator, table.mode, run.output)
    rows, observed = (sample_of(table.features, most) for most in (DEPENDENCE_ROWS, OBSERVED_ROWS))
    found = partial_dependence(explainer_of(run), predict_fn, feature, rows, observed)
    return {condition: float(effects[label]) for condition, effects in found.items()}
