"""What the engines that draw samples say of profiles and of the size of a row's neighbourhood."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from sparklime_core.explain.binned_pool import BinnedPool, kernel_table
from sparklime_core.explain.engine import Surrogates
from sparklime_core.explain.features import feature_count
from sparklime_core.explain.moments import Moments
from sparklime_core.explain.pool import Pool, draw_pool
from sparklime_core.explain.profiles.neighbourhood import Neighbourhood
from sparklime_core.explain.profiles.pool_profiles import PoolProfiles
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.explain.types import BoolArray, Explainer, FloatArray, PredictFn
from sparklime_core.explain.unbinned_pool import UnbinnedPool
from sparklime_core.explain.vocabulary import codes_of


class Profiler(Protocol):
    """What adds to surrogates what lime does not say."""

    def describe(self, rows: FloatArray, wanted: BoolArray, fitted: Surrogates) -> Surrogates:
        """Return surrogates of the wanted labels (n, K) of rows (n, d) with what is known of their profiles."""
        ...


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
        """Add the size of the neighbourhood and the profiles. See `Profiler.describe`.

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


@dataclass(frozen=True)
class UnbinnedProfiler:
    """For continuous features that are left as they are: they have no bins, and so no profiles."""

    pool: UnbinnedPool

    def describe(self, rows: FloatArray, wanted: BoolArray, fitted: Surrogates) -> Surrogates:
        """Add the size of the neighbourhood. See `Profiler.describe`."""
        return replace(fitted, effective_share=self.pool.effective_share(rows)[np.nonzero(wanted)[0]])


def profiler_beside_lime(
    explainer: Explainer, predict_fn: PredictFn, settings: ExplainSettings
) -> Profiler | None:
    """Return what describes lime's own explanations, from a pool of the same seed; None where there is none.

    An explainer that draws in a way of its own has none, nor has a model that fails on it.
    """
    try:
        drawn = draw_pool(explainer, predict_fn, settings)
        if explainer.discretizer is None:
            return UnbinnedProfiler(UnbinnedPool.of(explainer, predict_fn, drawn))
        kernel = kernel_table(explainer, feature_count(explainer))
        return PoolProfiler.of(explainer, kernel, BinnedPool.of(explainer, drawn), drawn)
    except Exception:  # noqa: BLE001 - whatever fails here is no failure of lime, which is asked row by row
        return None
