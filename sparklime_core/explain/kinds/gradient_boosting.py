"""scikit-learn's ``GradientBoosting*``: the margin is a start and a sum of trees, scaled by the learning rate."""

from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

from sparklime_core.errors import EngineError
from sparklime_core.explain.exact.ensemble import Ensemble, mirrored, one_label_a_tree
from sparklime_core.explain.kinds.model_kind import ModelKind, TreeShap, check_mode, margin_refused
from sparklime_core.explain.kinds.sklearn_nodes import joined
from sparklime_core.explain.kinds.sklearn_shap import cost_of_trees, shap_of_trees
from sparklime_core.explain.types import FloatArray


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
        found = joined((tree.tree_ for tree in stages.ravel()), self.model.learning_rate, 0.0)
        found = one_label_a_tree(found, np.tile(np.arange(stages.shape[1]), len(stages)), start)
        return mirrored(found) if classifies and stages.shape[1] == 1 else found

    def _start(self) -> FloatArray:
        """Return what boosting starts from, by tree of a stage."""
        if self.model.init != "zero" and not isinstance(self.model.init_, (DummyRegressor, DummyClassifier)):
            raise EngineError(
                f"Engine 'exact' cannot look into the init of this {self.name}, a "
                f"{type(self.model.init_).__name__}; use engine 'sampled', which takes any model."
            )
        # A dummy says the same of every row.
        row = np.zeros((1, self.model.n_features_in_), dtype=np.float32)
        return np.asarray(self.model._raw_predict_init(row)[0], dtype=np.float64)
