"""SHAP values of scikit-learn's trees, by SHAP's own TreeExplainer."""

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from sparklime_core.errors import ModelError, raised_as
from sparklime_core.explain.kinds.model_kind import TreeShap
from sparklime_core.explain.types import FloatArray
from sparklime_core.extras import extras_named


def shap_of_trees(model: Any, adds_up_to: str = "margin") -> TreeShap:
    """Return the SHAP values of a fitted estimator of trees.

    The average prediction is that of the rows that each tree has learnt from (``tree_path_dependent``).

    Raises
    ------
    MissingExtraError
        When SHAP is not installed.
    ModelError
        When SHAP does not know the estimator.
    """
    with extras_named(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SHAP sets up colour maps in a way that matplotlib will drop
        import shap  # noqa: PLC0415 - of an extra, and slow to import
    with raised_as(ModelError, f"SHAP does not know this {type(model).__name__}"):
        explainer = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
    base = np.atleast_1d(np.asarray(explainer.expected_value, dtype=np.float64))

    def contributions(rows: FloatArray) -> FloatArray:
        found = np.asarray(explainer.shap_values(rows, check_additivity=False), dtype=np.float64)
        found = found.reshape(len(rows), rows.shape[1], len(base))
        return np.concatenate([found, np.broadcast_to(base, (len(rows), 1, len(base)))], axis=1)

    return TreeShap(contributions, adds_up_to)


def cost_of_trees(trees: Iterable[Any]) -> float:
    """Return the steps per row of SHAP values of scikit-learn's low-level trees; see `ModelKind.shap_cost`."""
    return sum(float(tree.n_leaves) * float(tree.max_depth) ** 2 for tree in trees)
