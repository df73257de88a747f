"""scikit-learn's trees, forests and extra trees: their probabilities and values are means over trees."""

from typing import Any

from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor

from sparklime_core.explain.exact.ensemble import Ensemble
from sparklime_core.explain.kinds.model_kind import ModelKind, TreeShap, check_mode
from sparklime_core.explain.kinds.sklearn_nodes import check_outputs, joined
from sparklime_core.explain.kinds.sklearn_shap import cost_of_trees, shap_of_trees

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
        return joined([tree.tree_ for tree in trees], 1.0 / len(trees), 0.0)

    def _trees(self) -> list[Any]:
        return [self.model] if isinstance(self.model, TREES) else list(self.model.estimators_)
