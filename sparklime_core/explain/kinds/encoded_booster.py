"""A booster over the features of a dataset: gaps and categories become its own before it is asked."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sparklime_core.explain.exact.ensemble import Ensemble
from sparklime_core.explain.exact.recoding import Recodings, recoded_rows
from sparklime_core.explain.kinds.booster import Booster
from sparklime_core.explain.kinds.model_kind import ModelKind, TreeShap, by_feature
from sparklime_core.explain.types import FloatArray, IntArray


@dataclass(frozen=True)
class EncodedBooster:
    """A booster that is asked about rows of a dataset's encoded features, as scikit-learn's estimators are.

    Attributes
    ----------
    booster
        The model in its own values.
    columns
        (w,) which feature of the dataset each of its own is.
    recodings
        By the dataset's feature: sentinels to gaps, and codes to the model's own.
    n_features_in_
        How many features the dataset has.
    """

    booster: Booster
    columns: IntArray
    recodings: Recodings
    n_features_in_: int

    def __repr__(self) -> str:
        return f"{self.booster.library} model of {self.n_features_in_} features"

    @property
    def type_name(self) -> str:
        """What kind of model it is, for people."""
        return f"{self.booster.library} model"

    def own(self, rows: Any) -> FloatArray:
        """Return rows (n, d) in the booster's own features and values (n, w)."""
        recoded = recoded_rows(self.recodings, np.asarray(rows, dtype=np.float64))
        return np.ascontiguousarray(recoded[:, self.columns])

    def predict(self, rows: Any) -> Any:
        """Return the values (n,) of rows (n, d)."""
        return self.booster.answer(self.own(rows))


@dataclass(frozen=True, repr=False)
class EncodedClassifier(EncodedBooster):
    """An `EncodedBooster` of classes.

    Attributes
    ----------
    classes_
        (K,) names of the classes, or their numbers.
    """

    classes_: tuple[str, ...]

    def predict_proba(self, rows: Any) -> Any:
        """Return the classes' probabilities (n, K) of rows (n, d)."""
        return self.booster.answer(self.own(rows))

    def predict(self, rows: Any) -> Any:
        """Return the most probable classes (n,) of rows (n, d)."""
        return np.asarray(self.classes_)[self.predict_proba(rows).argmax(axis=1)]


class EncodedBoosting(ModelKind):
    """The kind of `EncodedBooster`."""

    model: EncodedBooster

    @classmethod
    def serves(cls, model: Any) -> bool:
        """Return whether a model is an `EncodedBooster`."""
        return isinstance(model, EncodedBooster)

    @property
    def name(self) -> str:
        """What the model itself is called in a sentence."""
        return self.model.booster.name

    def margin(self, rows: FloatArray) -> FloatArray:
        """Return the raw scores; see `ModelKind.margin`."""
        return self.model.booster.margin(self.model.own(rows))

    def check_margin(self, mode: str) -> None:
        """Raise `ModelError` when the booster has no margin."""
        self.model.booster.check_margin(mode)

    def shap_cost(self) -> float:
        """Return the steps of the booster's SHAP values per row; see `ModelKind.shap_cost`."""
        return self.model.booster.shap_cost()

    def tree_shap(self) -> TreeShap:
        """Return the booster's own SHAP values, of the dataset's features; see `ModelKind.tree_shap`."""
        return TreeShap(self._contributions)

    def _contributions(self, rows: FloatArray) -> FloatArray:
        model = self.model
        found = model.booster.contributions(model.own(rows))
        return by_feature(found, model.columns, model.n_features_in_)

    def trees(self, mode: str, output: str) -> Ensemble:
        """Return the trees over the dataset's features; see `ModelKind.trees`."""
        found = self.model.booster.trees(mode, output)
        return replace(found, feature=self.model.columns[found.feature], recodings=self.model.recodings)
