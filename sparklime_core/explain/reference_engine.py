"""The engine ``reference``: lime itself, row by row, with the same random state for every row.

`explain_plainly` is lime as people call it: one row, one call, nothing shared with the next row.
"""

import warnings
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from sparklime_core.explain.engines import ENGINES
from sparklime_core.explain.explainer_facts import feature_count, kernel_table, seeded
from sparklime_core.explain.predict_function import checked_call
from sparklime_core.explain.sampled.binned_pool import BinnedPool
from sparklime_core.explain.sampled.pool import UnbinnedPool, draw_pool
from sparklime_core.explain.sampled.sampled_engine import PoolProfiler
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.explain.surrogate import Surrogates
from sparklime_core.explain.types import BoolArray, Explainer, FloatArray, PredictFn


@dataclass(frozen=True)
class UnbinnedProfiler:
    """For continuous features that are left as they are: they have no bins, and so no profiles."""

    pool: UnbinnedPool

    def describe(self, rows: FloatArray, wanted: BoolArray, fitted: Surrogates) -> Surrogates:
        """Add the size of the neighbourhood."""
        return replace(fitted, effective_share=self.pool.effective_share(rows)[np.nonzero(wanted)[0]])


@dataclass(frozen=True)
class ReferenceEngine:
    """lime's ``explain_instance`` under the seed contract."""

    explainer: Explainer
    predict_fn: PredictFn
    settings: ExplainSettings
    profiler: PoolProfiler | UnbinnedProfiler | None

    @classmethod
    def prepare(cls, explainer: Explainer, predict_fn: PredictFn, settings: ExplainSettings) -> "ReferenceEngine":
        """Draw a pool for the profiles; lime itself draws and predicts a neighbourhood for every row."""
        return cls(explainer, predict_fn, settings, profiler_for_lime(explainer, predict_fn, settings))

    @property
    def row_seconds(self) -> float:
        """See `Engine.row_seconds`."""
        return ENGINES["reference"].seconds_per_row(feature_count(self.explainer), self.settings.num_samples)

    def solve(self, rows: FloatArray, predictions: FloatArray, wanted: BoolArray) -> Surrogates:
        """Explain row by row; see `Engine.solve`."""
        width = rows.shape[1]
        pairs = int(wanted.sum())
        features = np.full((pairs, width), -1, dtype=np.int64)
        weights = np.zeros((pairs, width))
        intercept, score, local = np.zeros(pairs), np.zeros(pairs), np.zeros(pairs)
        for pair, (row, label) in enumerate(np.argwhere(wanted)):
            # One call per label, because lime 0.2.0.1 keeps only the last label's score (its issue 173).
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


def profiler_for_lime(
    explainer: Explainer, predict_fn: PredictFn, settings: ExplainSettings
) -> PoolProfiler | UnbinnedProfiler | None:
    """Return what adds profiles to lime's own explanations, from a pool of the same seed, or None.

    There is none for an explainer that draws in a way of its own, or a model that fails on the pool.
    """
    try:
        drawn = draw_pool(explainer, predict_fn, settings)
        if explainer.discretizer is None:
            return UnbinnedProfiler(UnbinnedPool.of(explainer, predict_fn, drawn))
        kernel = kernel_table(explainer, feature_count(explainer))
        return PoolProfiler.of(explainer, kernel, BinnedPool.of(explainer, drawn), drawn)
    except Exception:  # noqa: BLE001 - a failure here is none of lime, which is asked row by row
        return None


def explain_plainly(
    explainer: Explainer, predict_fn: PredictFn, row: FloatArray, num_features: int, num_samples: int
) -> list[tuple[str, float]]:
    """Return lime's ``as_list()`` for the predicted class of a row (d,); in regression for the prediction."""
    label = 1 if explainer.mode == "regression" else int(np.argmax(predict_fn(row[None])[0]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = explainer.explain_instance(
            row, predict_fn, labels=(label,), num_features=num_features, num_samples=num_samples
        )
    return [(str(text), float(weight)) for text, weight in found.as_list(label=label)]
