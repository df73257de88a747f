"""The engine ``sampled``: what lime answers under the seed contract, from a pool that all rows share."""

import copy
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from sparklime_core.explain.engines import ENGINES
from sparklime_core.explain.explainer_facts import feature_count, kernel_table
from sparklime_core.explain.moments import Moments, with_instance
from sparklime_core.explain.neighbourhood import (
    Neighbourhood,
    exponential_kernel,
)
from sparklime_core.explain.rows import distinct_rows
from sparklime_core.explain.sampled.binned_pool import BinnedPool
from sparklime_core.explain.sampled.pool import Pool, UnbinnedPool, around_instance, draw_pool
from sparklime_core.explain.sampled.pool_profiles import PoolProfiles
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.explain.surrogate import Surrogates, fit_surrogates
from sparklime_core.explain.types import BoolArray, Explainer, FloatArray, PredictFn
from sparklime_core.explain.vocabulary import codes_of

UNBINNED_TIMES = 10
"""How many times as long a row takes where features are not binned: a pass over the whole pool."""


@dataclass(frozen=True)
class SampledEngine:
    """lime's neighbourhood drawn and predicted once; a row costs its weights, their moments and a small solve."""

    explainer: Explainer
    settings: ExplainSettings
    pool: BinnedPool | UnbinnedPool
    kernel_at_zero: float
    profiler: "PoolProfiler | None"

    @classmethod
    def prepare(
        cls, explainer: Explainer, predict_fn: PredictFn, settings: ExplainSettings, *, profiled: bool = True
    ) -> "SampledEngine":
        """Draw the pool and predict it; make ready for profiles, unless they are not wanted.

        Raises
        ------
        EngineError
            When the explainer draws or fits in a way of its own, or the pool would not fit in memory.
        PredictionError
            When the predict function returns what lime cannot use.
        """
        kernel = kernel_table(explainer, feature_count(explainer))
        drawn = draw_pool(explainer, predict_fn, settings)
        if explainer.discretizer is None:
            unbinned = UnbinnedPool.of(explainer, predict_fn, drawn)
            return cls(explainer, settings, unbinned, float(kernel[0]), None)
        binned = BinnedPool.of(explainer, drawn)
        profiler = PoolProfiler.of(explainer, kernel, binned, drawn) if profiled else None
        return cls(explainer, settings, binned, float(kernel[0]), profiler)

    def at_width(self, width: float) -> "SampledEngine":
        """Return the engine with the same samples under lime's default kernel of a width."""
        twin = copy.copy(self.explainer)
        twin.base = copy.copy(self.explainer.base)
        twin.base.kernel_fn = partial(exponential_kernel, width=width)
        if isinstance(self.pool, UnbinnedPool):
            return replace(self, explainer=twin, pool=replace(self.pool, explainer=twin), kernel_at_zero=1.0)
        pool = self.pool.weighted_by(kernel_table(twin, feature_count(twin)))
        profiler = None if self.profiler is None else self.profiler.at_width(width, pool)
        return replace(self, explainer=twin, pool=pool, kernel_at_zero=1.0, profiler=profiler)

    @property
    def row_seconds(self) -> float:
        """See `Engine.row_seconds`. Where each row has neighbours of its own, it costs what it costs lime."""
        size = feature_count(self.explainer), self.settings.num_samples
        if around_instance(self.explainer):
            return ENGINES["reference"].seconds_per_row(*size)
        seconds = ENGINES["sampled"].seconds_per_row(*size)
        return seconds if isinstance(self.pool, BinnedPool) else UNBINNED_TIMES * seconds

    def solve(self, rows: FloatArray, predictions: FloatArray, wanted: BoolArray) -> Surrogates:
        """Fit the surrogates. See `Engine.solve`."""
        return self.solve_keeping_moments(rows, predictions, wanted)[0]

    def solve_keeping_moments(
        self, rows: FloatArray, predictions: FloatArray, wanted: BoolArray
    ) -> tuple[Surrogates, Moments]:
        """Return the surrogates, and the moments that they were fitted to."""
        of_pool = self._pool_moments(rows, wanted)
        moments = with_instance(of_pool, self.kernel_at_zero, predictions)
        fitted = self.fit(moments, wanted)
        if self.profiler is not None:
            fitted = self.profiler.describe(rows, wanted, fitted, of_pool)
        return fitted, moments

    def moments(self, rows: FloatArray, predictions: FloatArray, wanted: BoolArray) -> Moments:
        """Return the moments of each row's neighbourhood: the pool's, and the row itself."""
        return with_instance(self._pool_moments(rows, wanted), self.kernel_at_zero, predictions)

    def fit(self, moments: Moments, wanted: BoolArray) -> Surrogates:
        """Fit the surrogates of the wanted labels."""
        return fit_surrogates(moments, wanted, self.settings.num_features, self.explainer.feature_selection)

    def _pool_moments(self, rows: FloatArray, wanted: BoolArray) -> Moments:
        if isinstance(self.pool, UnbinnedPool):
            return self.pool.moments(rows, wanted.shape[1])
        signatures = self.pool.signatures(codes_of(self.explainer, rows))
        distinct, which, labels = distinct_rows(signatures, wanted)
        if len(distinct) == len(rows):
            return self.pool.moments(signatures, wanted)
        return self.pool.moments(distinct, labels).take(which)


@dataclass(frozen=True)
class PoolProfiler:
    """For features that are all binned or categorical; only a kernel that is a product over them has profiles."""

    explainer: Explainer
    neighbourhood: Neighbourhood
    profiles: PoolProfiles | None

    @classmethod
    def of(cls, explainer: Explainer, kernel: FloatArray, binned: BinnedPool, drawn: Pool) -> "PoolProfiler":
        """Prepare for the samples of a pool, under a kernel (d + 1,) by the number of features that differ."""
        around = Neighbourhood.of(explainer, kernel)
        profiles = None if around.rho is None else PoolProfiles.of(around, binned, drawn)
        return cls(explainer, around, profiles)

    def at_width(self, width: float, pool: BinnedPool) -> "PoolProfiler":
        """Return the same under lime's default kernel of a width, by which `pool` is weighted."""
        around = self.neighbourhood.at_width(width)
        profiles = None if self.profiles is None else replace(self.profiles, neighbourhood=around, pool=pool)
        return PoolProfiler(self.explainer, around, profiles)

    def describe(
        self, rows: FloatArray, wanted: BoolArray, fitted: Surrogates, moments: Moments | None = None
    ) -> Surrogates:
        """Add the neighbourhood's size and the profiles to surrogates of the wanted labels (n, K) of rows (n, d).

        `moments` are those of the pool for the rows, where they are at hand.
        """
        codes = codes_of(self.explainer, rows)
        row, label = np.nonzero(wanted)
        effective_share = self.neighbourhood.effective_share(self.neighbourhood.own_bins(codes))[row]
        profiles = None
        if self.profiles is not None:
            pool = self.profiles.pool
            moments = moments or pool.moments(pool.signatures(codes), wanted)
            weight = moments.weight[row]
            variance = moments.y_var[row, label] / np.where(weight > 0, weight, 1.0)
            profiles = self.profiles.describe(codes[row], label, fitted.features, weight, variance)
        return replace(fitted, effective_share=effective_share, profiles=profiles)
