"""Profiles from a pool: an additive surrogate that is fitted once, and what it leaves, estimated for every row.

Of the additive part, ``E_w[f | bin]`` is known for every row without sampling, because its share of each bin is.
Only the conditional means of the residual come from the weighted pool, and so only its variance is noise.
"""

from dataclasses import dataclass

import numpy as np

from sparklime_core.explain.binned_pool import BinnedPool
from sparklime_core.explain.pool import Pool
from sparklime_core.explain.profiles.additive import fit_additive
from sparklime_core.explain.profiles.neighbourhood import Entries, Neighbourhood
from sparklime_core.explain.profiles.result import Profiles, explained_variance, feature_variances, score_of
from sparklime_core.explain.profiles.sums import ResidualSums, SumsQuery, residual_sums, scaled_weights
from sparklime_core.explain.types import FloatArray, IntArray


@dataclass(frozen=True)
class PoolProfiles:
    """A pool of n samples with its additive surrogate.

    Attributes
    ----------
    neighbourhood
        The bins, T of all features together, under a kernel that is a product.
    pool
        The samples.
    place
        (T,) the place of each bin among the codes of its feature that were drawn; -1 where no sample has it.
    additive
        (T, K) the additive surrogate.
    residuals
        (K, n) what the surrogate leaves, as multiples of ``span`` (K,), within -1 and 1.
    """

    neighbourhood: Neighbourhood
    pool: BinnedPool
    place: IntArray
    additive: FloatArray
    residuals: FloatArray
    span: FloatArray

    @classmethod
    def of(cls, neighbourhood: Neighbourhood, pool: BinnedPool, drawn: Pool) -> "PoolProfiles":
        """Fit the additive surrogate to what was drawn."""
        starts, codes = neighbourhood.starts, neighbourhood.codes
        places = [
            starts[at] + np.searchsorted(codes[starts[at] : starts[at + 1]], values)
            for at, values in enumerate(pool.values)
        ]
        bins = np.column_stack([found[pool.positions[at]] for at, found in enumerate(places)])
        additive, residuals = fit_additive(bins, len(codes), drawn.predictions)
        span = np.ldexp(1.0, np.frexp(np.abs(residuals).max(axis=0))[1])
        place = np.full(len(codes), -1)
        for found in places:
            place[found] = np.arange(len(found))
        return cls(
            neighbourhood,
            pool,
            place,
            additive,
            np.ascontiguousarray((residuals / span).T),
            span,
        )

    def describe(
        self, codes: IntArray, label: IntArray, features: IntArray, weight: FloatArray, variance: FloatArray
    ) -> Profiles:
        """Return the profiles of p explanations.

        Parameters
        ----------
        codes
            (p, d) the codes of their rows.
        label
            (p,) their labels.
        features
            (p, k) their features, -1 for none.
        weight, variance
            (p,) sum of the samples' weights, and the weighted variance of their predictions.
        """
        own = self.neighbourhood.own_bins(codes)
        entries = self.neighbourhood.entries(features, own)
        whole, units = scaled_weights(self.neighbourhood.kernel, self.residuals.shape[1])
        sums, starts = self._sums(whole, codes, label, features)
        unit = units[sums.most] / np.where(weight > 0, weight, np.nan)
        mean, square = (sums.totals * unit[:, None]).T
        left = self.span[label] ** 2 * np.maximum(square - mean**2, 0.0)
        effects = self._effects(entries, label, sums.by_place, self.span[label] * unit, starts)
        # Only residuals are noise. A bin's mean has Kish's effective size of its samples.
        size = self.residuals.shape[1] * self.neighbourhood.effective_share(own)
        noise = np.divide(left, size, out=np.full(len(left), np.nan), where=size > 0)
        known = ~np.isnan(effects)
        share = np.where(known, entries.share, 1.0)
        errors = np.where(known, np.sqrt(noise[entries.pair] * entries.square_share) / share, np.nan)
        # An estimated effect varies by more than the true one: by its error, less that of the common mean.
        by_noise = feature_variances(entries, errors) - noise[entries.pair[entries.first]]
        of_features = feature_variances(entries, effects) - np.maximum(np.nan_to_num(by_noise), 0.0)
        score = score_of(explained_variance(entries, of_features, len(label)), variance)
        return Profiles(np.where(weight > 0, score, np.nan), entries, effects, errors)

    def _effects(
        self, entries: Entries, label: IntArray, residuals: IntArray, unit: FloatArray, starts: IntArray
    ) -> FloatArray:
        """Return the effects (E,) of additive part and residuals, about their mean; NaN where unknown."""
        place = self.place[entries.bin]
        known = (place >= 0) & (entries.share > 0)
        share = np.where(known, entries.share, 0.0)
        at = np.where(known, starts[entries.pair, entries.slot] + place, 0)
        left = residuals[at] * unit[entries.pair] / np.where(known, share, 1.0)
        raw = np.where(known, self.additive[entries.bin, label[entries.pair]] + left, 0.0)
        total = entries.by_feature(share)
        mean = entries.by_feature(share * raw) / np.where(total > 0, total, 1.0)
        effects: FloatArray = np.where(known, raw - entries.spread(mean), np.nan)
        return effects

    def _sums(
        self, whole: FloatArray, codes: IntArray, label: IntArray, features: IntArray
    ) -> tuple[ResidualSums, IntArray]:
        """Return the sums over the pool, and where those of each feature (p, k) begin."""
        there = features >= 0
        at = np.maximum(features, 0)
        counts = np.array([len(values) for values in self.pool.values])
        sizes = np.where(there, counts[at], 0)
        ends = np.cumsum(sizes).reshape(sizes.shape)
        query = SumsQuery(self.pool.signatures(codes), label, features, ends - sizes, ends)
        return residual_sums(self.pool.positions, whole, self.residuals, query), query.starts
