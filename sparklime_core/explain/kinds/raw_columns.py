"""Models that are asked in a table's own columns: their margin is that of their last step."""

from dataclasses import replace
from typing import Any

import numpy as np

from sparklime_core.errors import ModelError
from sparklime_core.explain.exact.ensemble import Ensemble
from sparklime_core.explain.exact.recoding import Recoding
from sparklime_core.explain.kinds.model_kind import ModelKind, TreeShap, by_feature
from sparklime_core.explain.types import FloatArray


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

    def _last(self) -> Any:
        return self.model.last_step()[0]

    def trees(self, mode: str, output: str) -> Ensemble:
        """Return the trees of an estimator that takes numbers as they are; see `ModelKind.trees`."""
        from sparklime_core.explain.kinds.registry import kind_of  # noqa: PLC0415 - it imports this module by name

        decoders = [decoder for _, decoder in self.model.decoding.columns]
        kind = kind_of(self.model.estimator)
        if kind is None or not all(hasattr(decoder, "border") for decoder in decoders):
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
        from sparklime_core.explain.kinds.registry import kind_of  # noqa: PLC0415 - it imports this module by name

        kind = kind_of(self.model.estimator)
        return 0.0 if kind is None else kind.shap_cost()

    def tree_shap(self) -> TreeShap:
        """Return SHAP values of an estimator that takes numbers as they are; see `ModelKind.tree_shap`."""
        from sparklime_core.explain.kinds.registry import kind_of  # noqa: PLC0415 - it imports this module by name

        decoding, width = self.model.decoding, self.model.n_features_in_
        decoders = [decoder for _, decoder in decoding.columns]
        kind = kind_of(self.model.estimator)
        if kind is None or not all(hasattr(decoder, "border") for decoder in decoders):
            return super().tree_shap()
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
        self._kind_of_last(self._last()).check_margin(mode)

    def _kind_of_last(self, last: Any) -> ModelKind:
        from sparklime_core.explain.kinds.registry import kind_of  # noqa: PLC0415 - it imports this module by name

        found = kind_of(last)
        if found is None:
            raise ModelError(f"{type(last).__name__} has no margin that is known here; use output='probability'.")
        return found
