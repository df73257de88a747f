"""scikit-learn's ``HistGradientBoosting*``: gaps go to a side, and categories are sets of codes."""

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn._loss.link import IdentityLink
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from sparklime_core.errors import ModelError
from sparklime_core.explain.exact.ensemble import CategorySet, Ensemble, mirrored
from sparklime_core.explain.exact.recoding import Recoding, Recodings
from sparklime_core.explain.kinds.model_kind import ModelKind, TreeShap, check_mode, margin_refused
from sparklime_core.explain.kinds.sklearn_shap import shap_of_trees
from sparklime_core.explain.kinds.tree_arrays import TreeArrays, assembled
from sparklime_core.explain.types import FloatArray, IntArray

WORD = 32
"""Bits of a word of a set of categories."""


class BinnedBoosting(ModelKind):
    """Gradient boosting on histograms. In regression the margin is the prediction, or its logarithm."""

    @classmethod
    def serves(cls, model: Any) -> bool:
        """Return whether a model is one of these; a subclass may predict anything."""
        return type(model) in (HistGradientBoostingClassifier, HistGradientBoostingRegressor)

    def margin(self, rows: FloatArray) -> FloatArray:
        """Return the raw scores; see `ModelKind.margin`."""
        if isinstance(self.model, HistGradientBoostingClassifier):
            return np.asarray(self.model.decision_function(rows))
        return np.asarray(self.model._raw_predict(rows)[:, 0])

    def shap_cost(self) -> float:
        """Return the steps of SHAP values per row; see `ModelKind.shap_cost`."""
        trees = [tree for rounds in self.model._predictors for tree in rounds]
        return sum(float(tree.get_n_leaf_nodes()) * float(tree.get_max_depth()) ** 2 for tree in trees)

    def tree_shap(self) -> TreeShap:
        """Return SHAP's values of the trees; see `ModelKind.tree_shap`.

        SHAP compares codes of categories as numbers, and at the place that the trees give to the feature, where
        those of categories come first.
        """
        categorical = getattr(self.model, "is_categorical_", None)
        if categorical is not None and np.any(categorical):
            raise ModelError(f"SHAP does not know the categories of {self.name}, and would take them for numbers.")
        return shap_of_trees(self.model)

    def trees(self, mode: str, output: str) -> Ensemble:
        """Return the trees; see `ModelKind.trees`."""
        model = self.model
        classifies = isinstance(model, HistGradientBoostingClassifier)
        check_mode(self, mode, classifies=classifies)
        if output == "probability" and not isinstance(model._loss.link, IdentityLink):
            raise margin_refused(self.name)
        sets: list[CategorySet] = []
        columns = _columns(model)
        scores = model.n_trees_per_iteration_
        trees = [
            _arrays(tree, score, scores, columns, sets)
            for rounds in model._predictors
            for score, tree in enumerate(rounds)
        ]
        start = np.asarray(model._baseline_prediction, dtype=np.float64).ravel()
        found = assembled(trees, start, single=False, sets=sets)
        found = replace(found, recodings=_recodings(model))
        return mirrored(found) if classifies and scores == 1 else found


def _columns(model: Any) -> IntArray:
    """Return which feature each of the columns of the trees is: those of categories come first."""
    categorical = getattr(model, "is_categorical_", None)
    if model._preprocessor is None or categorical is None:
        return np.arange(model.n_features_in_)
    return np.concatenate([np.flatnonzero(categorical), np.flatnonzero(~categorical)])


def _recodings(model: Any) -> Recodings:
    """Return the codes that the model gives to categories; one that it does not know is a gap."""
    if model._preprocessor is None:
        return {}
    encoder = model._preprocessor.named_transformers_["encoder"]
    found: Recodings = {}
    for feature, known in zip(np.flatnonzero(model.is_categorical_), encoder.categories_, strict=True):
        given = np.asarray(known, dtype=np.float64)
        given = given[~np.isnan(given)]
        found[int(feature)] = (Recoding(given, np.arange(len(given), dtype=np.float64), others_stay=False),)
    return found


def _arrays(tree: Any, score: int, scores: int, columns: IntArray, sets: list[CategorySet]) -> TreeArrays:
    nodes = tree.nodes
    inner = nodes["is_leaf"] == 0
    value = np.zeros((len(nodes), scores))
    value[:, score] = nodes["value"]
    chosen = np.full(len(nodes), -1, dtype=np.int64)
    choosing = np.flatnonzero(inner & (nodes["is_categorical"] != 0))
    for node in choosing:
        chosen[node] = len(sets)
        sets.append(CategorySet(_codes(tree.raw_left_cat_bitsets[nodes["bitset_idx"][node]]), left=True))
    return TreeArrays(
        left=np.where(inner, nodes["left"].astype(np.int64), -1),
        right=np.where(inner, nodes["right"].astype(np.int64), -1),
        feature=columns[np.where(inner, nodes["feature_idx"], 0).astype(np.int64)],
        threshold=nodes["num_threshold"].astype(np.float64),
        gap_left=nodes["missing_go_to_left"] != 0,
        value=value,
        weight=nodes["count"].astype(np.float64),
        chosen=chosen,
    )


def _codes(words: Any) -> FloatArray:
    """Return which codes a set of 32-bit words holds."""
    return np.array(
        [WORD * at + bit for at, word in enumerate(words) for bit in range(WORD) if int(word) >> bit & 1],
        dtype=np.float64,
    )
