"""scikit-learn's trees: single ones, forests, gradient boosting, and gradient boosting on histograms.

Forests predict means over trees. The margin of boosting is a start and a sum of trees.
"""

import warnings
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn._loss.link import IdentityLink
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor

from sparklime_core.errors import EngineError, ModelError, raised_as
from sparklime_core.explain.kinds.ensemble import (
    CategorySet,
    Ensemble,
    Recoding,
    Recodings,
    TreeArrays,
    assembled,
    mirrored,
    one_label_a_tree,
)
from sparklime_core.explain.kinds.model_kind import ModelKind, TreeShap, check_mode, margin_refused
from sparklime_core.explain.types import FloatArray, IntArray
from sparklime_core.extras import extras_named


def check_outputs(estimator: Any) -> None:
    """Raise `EngineError` when an estimator predicts several targets at once."""
    outputs = getattr(estimator, "n_outputs_", 1)
    if outputs != 1:
        raise EngineError(f"This {type(estimator).__name__} predicts {outputs} targets, and LIME explains one.")


def joined(trees: Iterable[Any], scale: float) -> Ensemble:
    """Return the sum of scikit-learn's low-level trees, with their values scaled."""
    parts = [
        TreeArrays(
            left=tree.children_left.astype(np.int64),
            right=tree.children_right.astype(np.int64),
            feature=tree.feature.astype(np.int64),
            threshold=tree.threshold,
            gap_left=tree.missing_go_to_left != 0,
            value=tree.value[:, 0, :] * scale,
            weight=tree.n_node_samples,
            chosen=np.full(tree.node_count, -1, dtype=np.int64),
        )
        for tree in trees
    ]
    return assembled(parts, np.zeros(parts[0].value.shape[1]), single=True)


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


TREES = (DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor)
FORESTS = (RandomForestClassifier, RandomForestRegressor, ExtraTreesClassifier, ExtraTreesRegressor)


class AveragedTrees(ModelKind):
    """A tree, or a mean of trees."""

    @classmethod
    def serves(cls, model: Any) -> bool:
        """Return whether a model is one of these; a subclass may predict anything."""
        return type(model) in (*TREES, *FORESTS)

    def shap_cost(self) -> float:
        """Return the steps of SHAP values per row; see `ModelKind.shap_cost`."""
        return cost_of_trees(tree.tree_ for tree in self._trees())

    def tree_shap(self) -> TreeShap:
        """Return SHAP's values of the trees; see `ModelKind.tree_shap`."""
        return shap_of_trees(self.model, adds_up_to="probability")

    def trees(self, mode: str, output: str) -> Ensemble:
        """Return the trees; see `ModelKind.trees`."""
        check_mode(self, mode, classifies=hasattr(self.model, "predict_proba"))
        check_outputs(self.model)
        trees = self._trees()
        return joined([tree.tree_ for tree in trees], 1.0 / len(trees))

    def _trees(self) -> list[Any]:
        return [self.model] if isinstance(self.model, TREES) else list(self.model.estimators_)


class GradientBoosting(ModelKind):
    """Gradient boosting on scikit-learn's own trees; in regression the margin is the prediction."""

    @classmethod
    def serves(cls, model: Any) -> bool:
        """Return whether a model is one of these; a subclass may predict anything."""
        return type(model) in (GradientBoostingClassifier, GradientBoostingRegressor)

    def margin(self, rows: FloatArray) -> FloatArray:
        """Return the raw scores; see `ModelKind.margin`."""
        score = getattr(self.model, "decision_function", self.model.predict)
        return np.asarray(score(rows))

    def shap_cost(self) -> float:
        """Return the steps of SHAP values per row; see `ModelKind.shap_cost`."""
        return cost_of_trees(tree.tree_ for tree in self.model.estimators_.ravel())

    def tree_shap(self) -> TreeShap:
        """Return SHAP's values of the trees; see `ModelKind.tree_shap`."""
        return shap_of_trees(self.model)

    def trees(self, mode: str, output: str) -> Ensemble:
        """Return the trees; see `ModelKind.trees`."""
        classifies = isinstance(self.model, GradientBoostingClassifier)
        check_mode(self, mode, classifies=classifies)
        if classifies and output == "probability":
            raise margin_refused(self.name)
        start = self._start()
        stages = self.model.estimators_
        found = joined((tree.tree_ for tree in stages.ravel()), self.model.learning_rate)
        found = one_label_a_tree(found, np.tile(np.arange(stages.shape[1]), len(stages)), start)
        return mirrored(found) if classifies and stages.shape[1] == 1 else found

    def _start(self) -> FloatArray:
        """Return what boosting starts from, by tree of a stage."""
        if self.model.init != "zero" and not isinstance(self.model.init_, (DummyRegressor, DummyClassifier)):
            raise EngineError(
                f"Engine 'exact' cannot look into the init of this {self.name}, a "
                f"{type(self.model.init_).__name__}; use engine 'sampled', which takes any model."
            )
        # A dummy predicts the same for every row.
        row = np.zeros((1, self.model.n_features_in_), dtype=np.float32)
        return np.asarray(self.model._raw_predict_init(row)[0], dtype=np.float64)


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
