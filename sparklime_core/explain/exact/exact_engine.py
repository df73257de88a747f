"""The engine ``exact``: LIME's surrogate from expectations instead of samples."""

from dataclasses import dataclass, replace

import numpy as np

from sparklime_core.errors import EngineError
from sparklime_core.explain.distinct_rows import distinct_rows
from sparklime_core.explain.engine import Surrogates
from sparklime_core.explain.exact.columns import Column, read_columns
from sparklime_core.explain.exact.cost import check_cost
from sparklime_core.explain.exact.ensemble import Ensemble
from sparklime_core.explain.exact.expectations import Expectations, expectations
from sparklime_core.explain.exact.kernel import kernel_factor
from sparklime_core.explain.exact.read_ensemble import read_ensemble
from sparklime_core.explain.exact.splits import Trees, compile_trees
from sparklime_core.explain.exact.variance import Spread
from sparklime_core.explain.moments import Moments, with_instance
from sparklime_core.explain.pool import check_explainer, draw_pool
from sparklime_core.explain.products import IndependentProducts
from sparklime_core.explain.profiles.closed_form import exact_profiles
from sparklime_core.explain.profiles.neighbourhood import Neighbourhood
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.explain.surrogate import fit_surrogates
from sparklime_core.explain.types import BoolArray, Explainer, FloatArray, IntArray, PredictFn
from sparklime_core.explain.vocabulary import codes_of

CHECKED_SAMPLES = 64
"""Samples that the sum of trees is held against the model's own predictions for."""

PRECISION = 1e-4
"""How far the two may differ: what adding up thousands of leaves as float32 may cost."""


def check_sum(ensemble: Ensemble, samples: FloatArray, predictions: FloatArray) -> None:
    """Raise `EngineError` when trees do not add up to a model's own predictions (n, K) of samples."""
    furthest = np.abs(ensemble.predict(samples) - predictions).max()
    if furthest > PRECISION * max(1.0, np.abs(predictions).max()):
        raise EngineError(
            f"The model's trees add up to values that differ from its own predictions by {furthest:.2g}, so "
            "engine 'exact' does not know all of it; use engine 'sampled'."
        )


@dataclass(frozen=True)
class ExactEngine:
    """LIME in the limit of infinitely many samples, weighted as if there were ``num_samples`` of them.

    No seed touches the weights. The score alone needs the variance of the predictions, which is taken from a pool.
    """

    explainer: Explainer
    settings: ExplainSettings
    columns: tuple[Column, ...]
    trees: Trees
    neighbourhood: Neighbourhood
    spread: Spread

    @classmethod
    def prepare(cls, explainer: Explainer, predict_fn: PredictFn, settings: ExplainSettings) -> "ExactEngine":
        """Compile the model against the explainer.

        Raises
        ------
        EngineError
            When the explainer or the model is none that has closed forms, or the tables would cost too much.
        """
        check_explainer(explainer)
        if explainer.discretizer is None:
            raise EngineError(
                "Engine 'exact' needs binned features, and this explainer has discretize_continuous=False; "
                "use engine 'sampled'."
            )
        rho = kernel_factor(explainer)
        ensemble = read_ensemble(predict_fn, explainer.mode)
        columns = read_columns(explainer)
        check_cost(ensemble, columns, settings)
        trees = compile_trees(ensemble, columns, rho)
        pool = draw_pool(explainer, predict_fn, settings)
        check_sum(ensemble, pool.samples[:CHECKED_SAMPLES], pool.predictions[:CHECKED_SAMPLES])
        kernel = np.power(rho, np.arange(len(columns) + 1), dtype=np.float64)
        spread = Spread.of_pool(columns, pool.codes, pool.predictions, kernel)
        return cls(explainer, settings, columns, trees, Neighbourhood.of(explainer, kernel), spread)

    def solve(self, rows: FloatArray, predictions: FloatArray, wanted: BoolArray) -> Surrogates:
        """Fit the surrogates. See `Engine.solve`."""
        return self.surrogates(self.expected(rows, wanted), predictions, wanted)

    def surrogates(self, expected: "Expected", predictions: FloatArray, wanted: BoolArray) -> Surrogates:
        """Fit the surrogates to expectations."""
        moments = with_instance(self._moments(expected), 1.0, predictions)
        fitted = fit_surrogates(moments, wanted, self.settings.num_features, self.explainer.feature_selection)
        return self._describe(expected, wanted, fitted)

    def expected(self, rows: FloatArray, wanted: BoolArray) -> "Expected":
        """Return what samples of rows (n, d) have on average; rows with the same bins share it."""
        own = self.neighbourhood.own_bins(codes_of(self.explainer, rows))
        distinct, which, labels = distinct_rows(own, wanted)
        found = expectations(self.trees, distinct, labels)
        return Expected(distinct, which, found, self.spread.variance(distinct - self.trees.starts[:-1], labels))

    def _moments(self, expected: "Expected") -> Moments:
        """Return what samples 1 to N-1 have on average.

        Under lime's kernel, ``rho`` to the number of features that differ from the row's, the columns z_j are
        independent: z_j is one with probability ``u_j = p_j / (p_j + rho (1 - p_j))``, where p_j is how often lime
        draws the row's code (Garreau and von Luxburg, "Looking Deeper into Tabular LIME", 2020).
        """
        drawn, factor = self.neighbourhood.frequency[expected.own], self.neighbourhood.factors(expected.own)
        u = np.divide(drawn, factor, out=np.zeros_like(drawn), where=factor > 0)
        weight = (self.settings.num_samples - 1) * factor.prod(axis=1)
        covariance = expected.found.covariance
        z_var = u * (1.0 - u)
        # What the columns explain bounds the variance from below, which keeps R² at 1 or less.
        explained = np.divide(
            covariance**2, z_var[:, :, None], out=np.zeros_like(covariance), where=z_var[:, :, None] > 0
        )
        y_var = np.maximum(expected.variance, explained.sum(axis=1))
        return Moments(
            size=self.settings.num_samples,
            weight=weight,
            z_mean=u,
            z_cov=IndependentProducts.of(weight[:, None] * z_var),
            y_mean=expected.found.mean,
            y_var=weight[:, None] * y_var,
            zy_cov=weight[:, None, None] * covariance,
            z_instance=np.ones_like(u),
        ).take(expected.which)

    def _describe(self, expected: "Expected", wanted: BoolArray, fitted: Surrogates) -> Surrogates:
        """Add the profiles, which are in the expectations already."""
        row, label = np.nonzero(wanted)
        at = expected.which[row]
        own, pull = expected.own[at], expected.found.pull[expected.found.pair[at, label]]
        profiles = exact_profiles(
            self.neighbourhood,
            own,
            pull,
            expected.variance[at, label],
            fitted.features,
            listed=self.settings.profiles,
        )
        return replace(fitted, effective_share=self.neighbourhood.effective_share(own), profiles=profiles)


@dataclass(frozen=True)
class Expected:
    """Expectations of rows with different bins.

    Attributes
    ----------
    own
        (m, d) their bins.
    which
        (n,) which of them each row is.
    found
        Expectations of the m.
    variance
        (m, K) of the predictions.
    """

    own: IntArray
    which: IntArray
    found: Expectations
    variance: FloatArray
