"""The engine ``reference``: lime itself, row by row, with one random state made anew for every row."""

import warnings
from dataclasses import dataclass
from functools import partial

import numpy as np

from sparklime_core.explain.engine import Surrogates
from sparklime_core.explain.predict_function import checked_call
from sparklime_core.explain.profiles.profiler import Profiler, profiler_beside_lime
from sparklime_core.explain.seeded import seeded
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.explain.types import BoolArray, Explainer, FloatArray, PredictFn


@dataclass(frozen=True)
class ReferenceEngine:
    """lime's ``explain_instance`` under the seed contract."""

    explainer: Explainer
    predict_fn: PredictFn
    settings: ExplainSettings
    profiler: Profiler | None

    @classmethod
    def prepare(cls, explainer: Explainer, predict_fn: PredictFn, settings: ExplainSettings) -> "ReferenceEngine":
        """Draw a pool for the profiles; lime itself draws and predicts a neighbourhood for every row."""
        return cls(explainer, predict_fn, settings, profiler_beside_lime(explainer, predict_fn, settings))

    def solve(self, rows: FloatArray, predictions: FloatArray, wanted: BoolArray) -> Surrogates:
        """Explain row by row; see `Engine.solve`."""
        width = rows.shape[1]
        pairs = int(wanted.sum())
        features = np.full((pairs, width), -1, dtype=np.int64)
        weights = np.zeros((pairs, width))
        intercept, score, local = np.zeros(pairs), np.zeros(pairs), np.zeros(pairs)
        for pair, (row, label) in enumerate(np.argwhere(wanted)):
            # A call a label, because lime 0.2.0.1 keeps only the last label's score (its issue 173).
            found = self._explain(rows[row], int(label))
            key = int(label) if self._of_probabilities else 1
            chosen = found.local_exp[key]
            features[pair, : len(chosen)] = [feature for feature, _ in chosen]
            weights[pair, : len(chosen)] = [weight for _, weight in chosen]
            intercept[pair] = found.intercept[key]
            score[pair] = found.score
            local[pair] = np.ravel(found.local_pred)[0]
        fitted = Surrogates(features, weights, intercept, score, local)
        return fitted if self.profiler is None else self.profiler.describe(rows, wanted, fitted)

    @property
    def _of_probabilities(self) -> bool:
        return self.explainer.mode == "classification" and self.settings.output == "probability"

    def _predict(self, rows: FloatArray, label: int) -> FloatArray:
        # lime wants an array, and a person's function may return what is as good as one.
        columns = checked_call(self.predict_fn, rows, self.explainer.mode)
        return columns if self._of_probabilities else columns[:, label]

    def _explain(self, row: FloatArray, label: int):  # type: ignore[no-untyped-def]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            twin = seeded(self.explainer, self.settings.seed)
            if not self._of_probabilities:
                twin.mode = "regression"  # a margin is a value like any other
            return twin.explain_instance(
                row,
                partial(self._predict, label=label),
                labels=(label,),
                num_features=self.settings.num_features,
                num_samples=self.settings.num_samples,
            )
