"""The engine ``exact``: LIME's surrogate from expectations instead of samples.

It serves sums of trees under lime's default kernel, and refuses a model that would cost more here than with lime.
"""

from dataclasses import dataclass, replace

import numpy as np

from sparklime_core.errors import EngineError
from sparklime_core.explain.engines import ENGINES
from sparklime_core.explain.exact.columns import Column, read_columns
from sparklime_core.explain.exact.expectations import Expectations, Spread, expectations
from sparklime_core.explain.exact.splits import Trees, compile_trees
from sparklime_core.explain.explainer_facts import check_explainer, feature_count, kernel_table
from sparklime_core.explain.kinds.ensemble import Ensemble
from sparklime_core.explain.kinds.model_kind import read_ensemble
from sparklime_core.explain.moments import Moments, with_instance
from sparklime_core.explain.neighbourhood import Entries, Neighbourhood, Profiles, product_factor, score_of
from sparklime_core.explain.products import IndependentProducts
from sparklime_core.explain.rows import distinct_rows
from sparklime_core.explain.sampled.pool import draw_pool
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.explain.surrogate import Surrogates, fit_surrogates
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
    row_seconds: float

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
        medium = ENGINES["exact"].seconds_per_row(len(columns))
        cost = max(medium, seconds_per_row(ensemble, settings))
        return cls(explainer, settings, columns, trees, Neighbourhood.of(explainer, kernel), spread, cost)

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
        found = expectations(self.trees, distinct, labels, listed=self.settings.profiles)
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
        moments = Moments(
            size=self.settings.num_samples,
            weight=weight,
            z_mean=u,
            z_cov=IndependentProducts.of(weight[:, None] * z_var),
            y_mean=expected.found.mean,
            y_var=weight[:, None] * y_var,
            zy_cov=weight[:, None, None] * covariance,
            z_instance=np.ones_like(u),
        )
        return moments.take(expected.which)

    def _describe(self, expected: "Expected", wanted: BoolArray, fitted: Surrogates) -> Surrogates:
        """Add the profiles, which are in the expectations already."""
        row, label = np.nonzero(wanted)
        at = expected.which[row]
        profiles = exact_profiles(
            self.neighbourhood,
            expected.own[at],
            expected.found,
            expected.found.pair[at, label],
            expected.variance[at, label],
            fitted.features,
        )
        return replace(
            fitted, effective_share=self.neighbourhood.effective_share(expected.own)[at], profiles=profiles
        )


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


def kernel_factor(explainer: Explainer) -> float:
    """Return rho, the weight that a sample loses with each feature that differs from the row's.

    lime's default kernel of m mismatches is ``sqrt(exp(-m / width^2))``, a product over the features.

    Raises
    ------
    EngineError
        When the explainer's kernel is no such product.
    """
    rho = product_factor(kernel_table(explainer, feature_count(explainer)))
    if rho is None:
        raise EngineError(
            "Engine 'exact' needs lime's default exponential kernel, of any width, and this explainer has "
            "another one; use engine 'sampled', which takes any kernel."
        )
    return rho


MAX_TABLE_BYTES = 2**30
"""Size of the tables, which every Python worker holds, above which a model is refused."""

SPLIT_SECONDS = 2e-9
"""A split's walk down, and again its walk up for each label; measured on forests of 2 to 800 thousand splits."""

VISIT_SECONDS = 10e-9
"""A sample's visit to a split in scikit-learn's predict, measured on the same forests."""

DRAW_SECONDS = 200e-9
"""lime's time for one feature of one sample, without predicting."""


def check_cost(ensemble: Ensemble, columns: tuple[Column, ...], settings: ExplainSettings) -> None:
    """Compare the size of the tables with the limit, and a row's time with lime's.

    Raises
    ------
    EngineError
        With the size or the times, and the engine to use instead.
    """
    feature = ensemble.feature[ensemble.left >= 0]
    entries = int(np.array([len(column.codes) for column in columns])[feature].sum())
    size = (4 * 8 + 4) * entries + 8 * ensemble.value.size
    if size > MAX_TABLE_BYTES:
        raise EngineError(
            f"Engine 'exact' needs tables of {size / 2**30:.1f} GiB for this model's {len(feature):,} splits, "
            f"more than {MAX_TABLE_BYTES / 2**30:g} GiB; use engine 'sampled', or shallower or fewer trees."
        )
    ours = seconds_per_row(ensemble, settings)
    lime = settings.num_samples * (VISIT_SECONDS * ensemble.visits + DRAW_SECONDS * len(columns))
    if ours > lime:
        raise EngineError(
            f"Engine 'exact' would take about {1e3 * ours:.0f} ms per row for this model's {len(feature):,} "
            f"splits, more than lime's {1e3 * lime:.0f} ms with {settings.num_samples} samples; use engine "
            "'sampled'."
        )


def seconds_per_row(ensemble: Ensemble, settings: ExplainSettings) -> float:
    """Return the seconds that the engine takes per row, about."""
    return SPLIT_SECONDS * int((ensemble.left >= 0).sum()) * (1 + _labels(ensemble, settings))


def _labels(ensemble: Ensemble, settings: ExplainSettings) -> int:
    if settings.labels == "predicted":
        return 1
    return ensemble.value.shape[1] if settings.labels == "all" else len(settings.labels)


def exact_profiles(
    neighbourhood: Neighbourhood,
    own: IntArray,
    found: Expectations,
    pair: IntArray,
    variance: FloatArray,
    features: IntArray,
) -> Profiles:
    """Return the profiles of p explanations; without effects they have no bins.

    Parameters
    ----------
    neighbourhood
        The bins, T of all features together, under a kernel that is a product.
    own
        (p, d) the bins of their rows.
    found, pair
        Expectations, and (p,) where each explanation is among their pairs.
    variance
        (p,) of the predictions around the row, from a pool; it is at least what all bins explain together.
    features
        (p, k) their features, -1 for none.
    """
    additive = found.additive[pair]
    variance = np.maximum(variance, _total(additive))
    chosen = np.where(features >= 0, np.take_along_axis(additive, np.maximum(features, 0), axis=1), 0.0)
    score = score_of(_total(chosen), variance)
    if not len(found.effects):
        return Profiles(score, Entries.none(), np.zeros(0), np.zeros(0))
    entries = neighbourhood.entries(features, own)
    effects = found.effects[pair[entries.pair], entries.bin]
    return Profiles(score, entries, effects, np.zeros(len(effects)))


def _total(of_features: FloatArray) -> FloatArray:
    """Add up (p, k) one after the other, so that no explanation's bits depend on how many there are."""
    total: FloatArray = np.add.accumulate(of_features, axis=1)[:, -1]
    return total
