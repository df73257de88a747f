"""Models that know other values than LIME: rows are recoded before the model is asked.

`EncodedBooster` is a booster over the encoded features of a dataset. `RawColumns` is the kind of models that are
asked in a table's own columns.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sparklime_core.errors import ModelError
from sparklime_core.explain.kinds.booster import Booster
from sparklime_core.explain.kinds.ensemble import Ensemble, Recoding, Recodings, recoded_rows
from sparklime_core.explain.kinds.model_kind import ModelKind, TreeShap, by_feature, kind_of
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


class RawColumns(ModelKind):
    """A `sparklime_core.models.columns_model.ColumnsModel`: what a pipeline does to rows is no sum of trees."""

    @classmethod
    def serves(cls, model: Any) -> bool:
        """Return whether a model is one that decodes its rows."""
        return hasattr(model, "decoding") and hasattr(model, "last_step")

    @property
    def name(self) -> str:
        """What people call the model: the estimator that they have trained."""
        return type(self.model.estimator).__name__

    def _kind_on_numbers(self) -> tuple[ModelKind | None, list[Any]]:
        """Return the estimator's kind where every column is a number as it is, else None; and the decoders."""
        decoders = [decoder for _, decoder in self.model.decoding.columns]
        numbers = all(hasattr(decoder, "border") for decoder in decoders)
        return kind_of(self.model.estimator) if numbers else None, decoders

    def trees(self, mode: str, output: str) -> Ensemble:
        """Return the trees of an estimator that takes numbers as they are; see `ModelKind.trees`."""
        kind, decoders = self._kind_on_numbers()
        if kind is None:
            return super().trees(mode, output)
        found = kind.trees(mode, output)
        # Whole numbers are rounded before they are compared.
        is_whole = np.array([decoder.dtype.kind in "iu" for decoder in decoders])[found.feature]
        feature = np.array([decoder.feature for decoder in decoders])
        recodings = {
            decoder.feature: (
                Recoding(decoder.encoded, decoder.read, others_stay=True, border=decoder.border),
                *found.recodings.get(at, ()),
            )
            for at, decoder in enumerate(decoders)
        }
        return replace(
            found,
            feature=feature[found.feature],
            threshold=np.where(is_whole, np.floor(found.threshold) + 0.5, found.threshold),
            recodings=recodings,
        )

    def shap_cost(self) -> float:
        """Return the steps of the estimator's SHAP values per row; see `ModelKind.shap_cost`."""
        kind = kind_of(self.model.estimator)
        return 0.0 if kind is None else kind.shap_cost()

    def tree_shap(self) -> TreeShap:
        """Return SHAP values of an estimator that takes numbers as they are; see `ModelKind.tree_shap`."""
        kind, decoders = self._kind_on_numbers()
        if kind is None:
            return super().tree_shap()
        decoding, width = self.model.decoding, self.model.n_features_in_
        features = np.array([decoder.feature for decoder in decoders])
        found = kind.tree_shap()

        def contributions(rows: FloatArray) -> FloatArray:
            table = np.asarray(decoding.decode(rows), dtype=np.float64)
            return by_feature(found.contributions(table), features, width)

        return replace(found, contributions=contributions)

    def margin(self, rows: FloatArray) -> FloatArray:
        """Return the raw scores of the last step; see `ModelKind.margin`."""
        last, table = self.model.last_step(rows)
        return self._kind_of_last(last).margin(table)

    def check_margin(self, mode: str) -> None:
        """Raise `ModelError` when the last step has no margin in lime's ``mode``."""
        self._kind_of_last(self.model.last_step()[0]).check_margin(mode)

    def _kind_of_last(self, last: Any) -> ModelKind:
        found = kind_of(last)
        if found is None:
            raise ModelError(f"{type(last).__name__} has no margin that is known here; use output='probability'.")
        return found
