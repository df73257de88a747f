"""Profiles from a pool: an additive surrogate that is fitted once, and its residuals, estimated for every row.

Of the additive part, ``E_w[f | bin]`` is known for every row without sampling, because its share of each bin is.
Only the conditional means of the residual come from the weighted pool, and so only its variance is noise.

A residual's digits matter far less than its noise. Weighted residuals are rounded to whole numbers so small that
their sums fit in 32 bits: they are exact in any order, compiled and in numpy, and many of them are added in one
instruction.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.linalg import lsmr

from sparklime_core.explain.compiled import compiled_or_numpy
from sparklime_core.explain.neighbourhood import (
    Entries,
    Neighbourhood,
    Profiles,
    explained_variance,
    feature_variances,
    score_of,
)
from sparklime_core.explain.runtime import one_blas_thread
from sparklime_core.explain.sampled.binned_pool import BinnedPool
from sparklime_core.explain.sampled.pool import Pool
from sparklime_core.explain.types import FloatArray, IntArray, Positions


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
        counts = np.array([len(values) for values in self.pool.values])
        signatures = self.pool.signatures(codes)
        samples = self.pool.positions, self.pool.planes
        sums = residual_sums(*samples, counts, whole, self.residuals, signatures, label, features)
        unit = units[sums.most] / np.where(weight > 0, weight, np.nan)
        mean, square = (sums.totals * unit[:, None]).T
        left = self.span[label] ** 2 * np.maximum(square - mean**2, 0.0)
        effects = self._effects(entries, label, sums, self.span[label] * unit)
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

    def _effects(self, entries: Entries, label: IntArray, sums: "ResidualSums", unit: FloatArray) -> FloatArray:
        """Return the effects (E,) of additive part and residuals, about their mean; NaN where unknown."""
        place = self.place[entries.bin]
        known = (place >= 0) & (entries.share > 0)
        share = np.where(known, entries.share, 0.0)
        at = np.where(known, sums.starts[entries.pair, entries.slot] + place, 0)
        left = sums.by_place[at] * unit[entries.pair] / np.where(known, share, 1.0)
        raw = np.where(known, self.additive[entries.bin, label[entries.pair]] + left, 0.0)
        total = entries.by_feature(share)
        mean = entries.by_feature(share * raw) / np.where(total > 0, total, 1.0)
        effects: FloatArray = np.where(known, raw - entries.spread(mean), np.nan)
        return effects


PENALTY = 1.0
"""Ridge penalty, in samples. It makes the fit unique: the columns of a feature sum to one."""

MOST_STEPS = 50
TOLERANCE = 1e-9


def fit_additive(bins: IntArray, width: int, labels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Fit labels by a constant and a number for each bin.

    Profiles built on any such numbers are without bias: the residuals are estimated for every row.

    Parameters
    ----------
    bins
        (n, d) the bins of n samples, among those of all features.
    width
        How many bins there are.
    labels
        (n, K) predictions.

    Returns
    -------
    effects
        (width, K), 0 for bins that no sample has.
    residuals
        (n, K).
    """
    size, features = bins.shape
    columns = csr_array(
        (np.ones(bins.size), bins.ravel(), np.arange(0, bins.size + 1, features)), shape=(size, width)
    )
    effects = np.zeros((width, labels.shape[1]))
    centred = labels - labels.mean(axis=0)
    with one_blas_thread():
        for label, target in enumerate(centred.T):
            effects[:, label] = lsmr(
                columns, target, damp=np.sqrt(PENALTY), atol=TOLERANCE, btol=TOLERANCE, maxiter=MOST_STEPS
            )[0]
    return effects, centred - columns @ effects


BITS = 30
"""Sums of the absolute weighted residuals stay below 2 to this power, but for rounding."""

FEW_CODES = 12
"""Up to so many codes, passes over all samples for three at a time are quicker than one that adds by code."""


@dataclass(frozen=True)
class ResidualSums:
    """Sums over the pool's samples for p explanations, as whole numbers.

    Attributes
    ----------
    most
        (p,) the largest number of features in which a sample agrees with the row: it chose the row's unit.
    totals
        (p, 2) of the weighted residuals, and of the weighted squared residuals.
    by_place
        (E,) of the weighted residuals by the place of a sample's code, feature by feature of each explanation.
    starts
        (p, k) where the sums of each feature begin in ``by_place``.
    """

    most: IntArray
    totals: IntArray
    by_place: IntArray
    starts: IntArray


def scaled_weights(kernel: FloatArray, size: int) -> tuple[FloatArray, FloatArray]:
    """Return weights (d + 1, d + 1) of samples, and their units (d + 1,).

    Both by the largest number of features in which any of `size` samples agrees with the row; the weights also by
    the number in which this one does. Under this kernel, no sample weighs more than those that agree most.
    """
    agreeing = kernel[::-1]
    units = np.maximum.accumulate(agreeing) * (size / 2.0**BITS)
    units = np.where(units > 0, units, 1.0)
    return np.where(np.arange(len(kernel)) <= np.arange(len(kernel))[:, None], agreeing, 0.0) / units[
        :, None
    ], units


def residual_sums(
    positions: Positions,
    planes: npt.NDArray[np.uint32],
    counts: IntArray,
    whole: FloatArray,
    residuals: FloatArray,
    signatures: Positions,
    label: IntArray,
    features: IntArray,
) -> ResidualSums:
    """Return the sums for p explanations.

    Parameters
    ----------
    positions, planes
        (d, n) codes of the samples, as places, and their `bit_planes`.
    counts
        (d,) the number of places of each feature.
    whole
        (d + 1, d + 1) of `scaled_weights`.
    residuals
        (K, n) within -1 and 1.
    signatures
        (p, d) places of the codes of each explanation's row.
    label
        (p,) its label.
    features
        (p, k) its features, -1 for none.
    """
    pairs = len(signatures)
    sizes = np.where(features >= 0, counts[np.maximum(features, 0)], 0)
    ends = np.cumsum(sizes).reshape(sizes.shape)
    sums = ResidualSums(
        np.zeros(pairs, dtype=np.int64),
        np.zeros((pairs, 2), dtype=np.int64),
        np.zeros(int(ends.max(initial=0)), dtype=np.int64),
        ends - sizes,
    )
    fill = compiled_or_numpy("residual_sums", "fill_residual_sums", fill_residual_sums_numpy)
    fill(
        positions,
        planes,
        whole,
        residuals,
        signatures,
        np.ascontiguousarray(label),  # numba would compile once more for a column of `np.nonzero`
        features,
        sums.starts,
        ends,
        np.arange(FEW_CODES + 2).astype(positions.dtype),
        sums.most,
        sums.totals,
        sums.by_place,
    )
    return sums


def fill_residual_sums_numpy(
    positions: Positions,
    _planes: npt.NDArray[np.uint32],
    whole: FloatArray,
    residuals: FloatArray,
    signatures: Positions,
    label: IntArray,
    features: IntArray,
    starts: IntArray,
    ends: IntArray,
    _numbers: Positions,
    most: IntArray,
    totals: IntArray,
    by_place: IntArray,
) -> None:
    """Fill the arrays of `ResidualSums`."""
    for pair, signature in enumerate(signatures):
        agreeing = (positions == signature[:, None]).sum(axis=0)
        most[pair] = agreeing.max()
        residual = residuals[label[pair]]
        weighted = np.rint(whole[most[pair]][agreeing] * residual)
        totals[pair] = weighted.sum(), np.rint(weighted * residual).sum()
        for slot, feature in enumerate(features[pair]):
            if feature >= 0:
                at = slice(starts[pair, slot], ends[pair, slot])
                by_place[at] = np.bincount(positions[feature], weights=weighted, minlength=at.stop - at.start)
