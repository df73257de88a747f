"""Moments of the shared pool for rows whose features are all binned or categorical, exact to the last bit.

Here a sample differs from a row in a number of features m = 0..d, and its weight is a table look-up,
``kernel_fn(sqrt(m))``. Weights and weighted labels are rounded to whole multiples of a power of two, small enough
that no sum of them exceeds 2^52. Every sum is then a whole number that float64 holds, in any order of
adding: what a row gets cannot depend on the other rows, on threads or on the kind of processor, and is the same
bits compiled and in numpy. The price is an error of 2^-53 of the pool's size times its largest weight, for each
sample.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sparklime_core.explain.compiled import compiled_or_numpy
from sparklime_core.explain.explainer_facts import kernel_table
from sparklime_core.explain.moments import Moments, centred
from sparklime_core.explain.sampled.pool import Pool
from sparklime_core.explain.types import BoolArray, Explainer, FloatArray, IntArray, Positions

EXACT_BITS = 52
"""Sums of weights stay at or below 2 to this power."""

SMALLEST_EXPONENT = -1021
"""Of the powers of two that float64 holds with full precision."""

PLANE_FEATURES = 32
"""Features whose bits share a word."""


@dataclass(frozen=True)
class BinnedPool:
    """A pool of n samples as codes.

    Attributes
    ----------
    values
        For each feature, the codes that were drawn, ascending.
    positions
        (d, n) the samples' codes, as places in ``values``, in as few bytes as hold them.
    whole
        (d + 1, d + 1) the weight of a sample in ``units`` by the largest number of features in which any sample
        agrees with the row, and by the number in which this one does.
    units
        (d + 1,) the powers of two that the weights are multiples of, by that largest number.
    labels
        (K, n) the predictions as ``(prediction - base) / span``, within -1 and 1.
    base, span
        (K,) the middle of the predictions, and a power of two that is no less than half their range.
    """

    values: tuple[FloatArray, ...]
    positions: Positions
    whole: FloatArray
    units: FloatArray
    labels: FloatArray
    base: FloatArray
    span: FloatArray

    @classmethod
    def of(cls, explainer: Explainer, pool: Pool) -> "BinnedPool":
        """Lay out a pool of an explainer that has no continuous columns."""
        size, width = pool.codes.shape
        values = tuple(np.unique(column) for column in pool.codes.T)
        positions = np.stack([np.searchsorted(known, pool.codes[:, at]) for at, known in enumerate(values)])
        most = max(len(known) for known in values)  # the place of codes that were never drawn
        low, high = pool.predictions.min(axis=0), pool.predictions.max(axis=0)
        base = low + (high - low) / 2
        span = np.ldexp(1.0, np.frexp(np.maximum(high - base, base - low))[1])
        labels = np.ascontiguousarray(((pool.predictions - base) / span).T)
        whole, units = whole_weights(kernel_table(explainer, width), size)
        return cls(values, positions.astype(np.min_scalar_type(most)), whole, units, labels, base, span)

    def weighted_by(self, kernel: FloatArray) -> "BinnedPool":
        """Return the same samples under another kernel (d + 1,)."""
        whole, units = whole_weights(kernel, self.positions.shape[1])
        return replace(self, whole=whole, units=units)

    def signatures(self, codes: IntArray) -> Positions:
        """Return the codes of rows (n, d) as places among the pool's; those never drawn get one past the end."""
        counts = np.array([len(known) for known in self.values])
        found: IntArray = np.where((codes >= 0) & (codes < counts), codes, counts)
        for feature in self._listed:
            known = self.values[feature]
            place = np.searchsorted(known, codes[:, feature])
            drawn = known[np.minimum(place, len(known) - 1)] == codes[:, feature]
            found[:, feature] = np.where(drawn, place, len(known))
        return found.astype(self.positions.dtype)

    @cached_property
    def planes(self) -> npt.NDArray[np.uint32]:
        """The bits (b, w, n) of the samples' places; see `bit_planes`."""
        return bit_planes(self.positions)

    @cached_property
    def _listed(self) -> list[int]:
        """The features of which not just the codes 0, 1, 2 and so on were drawn."""
        return [at for at, known in enumerate(self.values) if not np.array_equal(known, np.arange(len(known)))]

    def moments(self, signatures: Positions, wanted: BoolArray) -> Moments:
        """Return the moments of samples 1 to N-1 for rows of these signatures (m, d).

        Those of labels that are not wanted (m, K) are zero.
        """
        sums = weighted_sums(self.positions, self.planes, signatures, self.whole, self.labels, wanted)
        unit = self.units[sums.most]
        zz_sum = np.multiply(sums.zz, unit[:, None, None], out=sums.zz)  # arrays of this size are dear to make
        found = centred(
            size=self.positions.shape[1] + 1,
            weight=sums.weight * unit,
            z_sum=np.diagonal(zz_sum, axis1=1, axis2=2),
            zz_sum=zz_sum,
            y_sum=sums.y * unit[:, None],
            yy_sum=sums.yy * unit[:, None],
            zy_sum=sums.zy * unit[:, None, None],
            z_instance=np.ones(signatures.shape),
        )
        return found.rescaled(self.base, self.span)


def bit_planes(positions: Positions) -> npt.NDArray[np.uint32]:
    """Return the bits of codes (d, n), an even number of planes (b, w, n).

    Bit b of feature j of sample n is bit ``j % 32`` of ``planes[b, j // 32, n]``.
    """
    width, size = positions.shape
    bits = max(1, int(positions.max()).bit_length())
    planes = np.zeros((bits + bits % 2, -(-width // PLANE_FEATURES), size), dtype=np.uint32)
    for bit in range(bits):
        for feature, codes in enumerate(positions):
            ones = ((codes >> bit) & 1).astype(np.uint32)
            planes[bit, feature // PLANE_FEATURES] |= ones << np.uint32(feature % PLANE_FEATURES)
    return planes


def whole_weights(kernel: FloatArray, size: int) -> tuple[FloatArray, FloatArray]:
    """Round the weights of 0 to d differing features to whole multiples of units.

    Parameters
    ----------
    kernel
        (d + 1,) weights.
    size
        How many of them are going to be added.

    Returns
    -------
    whole, units
        As in `BinnedPool`. A unit is as small as the largest weight that can occur allows, so that a narrow
        kernel, under which all samples weigh little, loses no digits.
    """
    width = len(kernel) - 1
    agreeing = kernel[::-1]
    whole, units = np.zeros((width + 1, width + 1)), np.empty(width + 1)
    for most in range(width + 1):
        _, exponent = np.frexp(agreeing[: most + 1].max() * size)
        units[most] = np.ldexp(1.0, max(int(exponent) - EXACT_BITS, SMALLEST_EXPONENT))
        whole[most, : most + 1] = np.rint(agreeing[: most + 1] / units[most])
    return whole, units


@dataclass(frozen=True)
class Sums:
    """Sums over the pool's samples for m signatures, d features and K labels.

    Attributes
    ----------
    most
        (m,) the largest number of features in which a sample agrees with the row: it chose the row's weights.
    weight, z, y, yy, zy
        (m,), (m, d, d), (m, K), (m, K) and (m, d, K) sums of the weights, and of the weighted zzᵀ, y, y² and zyᵀ.
        Those of labels that are not wanted are 0.
    """

    most: npt.NDArray[np.int64]
    weight: FloatArray
    zz: FloatArray
    y: FloatArray
    yy: FloatArray
    zy: FloatArray


def weighted_sums(
    positions: Positions,
    planes: npt.NDArray[np.uint32],
    signatures: Positions,
    whole: FloatArray,
    labels: FloatArray,
    wanted: BoolArray,
) -> Sums:
    """Return the sums for signatures (m, d).

    Parameters
    ----------
    positions, planes
        (d, n) codes of the samples, and their `bit_planes`.
    signatures
        (m, d) codes of the rows, of the same type.
    whole
        (d + 1, d + 1) weights, whole numbers, by `Sums.most` and by the number of agreeing features.
    labels
        (K, n) labels within -1 and 1.
    wanted
        (m, K) for which labels.
    """
    rows, width = signatures.shape
    sums = Sums(
        np.zeros(rows, dtype=np.int64),
        np.zeros(rows),
        np.zeros((rows, width, width)),
        np.zeros(wanted.shape),
        np.zeros(wanted.shape),
        np.zeros((rows, width, wanted.shape[1])),
    )
    arrays = (sums.most, sums.weight, sums.zz, sums.y, sums.yy, sums.zy)
    fill = compiled_or_numpy("pool_sums", "fill_sums", fill_sums_numpy)
    fill(positions, planes, signatures, whole, labels, wanted, *arrays)
    return sums


def fill_sums_numpy(
    positions: Positions,
    _planes: npt.NDArray[np.uint32],
    signatures: Positions,
    whole: FloatArray,
    labels: FloatArray,
    wanted: BoolArray,
    most: npt.NDArray[np.int64],
    weight: FloatArray,
    zz: FloatArray,
    y: FloatArray,
    yy: FloatArray,
    zy: FloatArray,
) -> None:
    """Fill the arrays of `Sums`, by matrix products."""
    for row, signature in enumerate(signatures):
        same = positions == signature[:, None]
        agreeing = same.sum(axis=0)
        most[row] = agreeing.max()
        weights = whole[most[row]][agreeing]
        z = same.astype(np.float64)
        weight[row] = weights.sum()
        zz[row] = (z * weights) @ z.T
        for label in np.flatnonzero(wanted[row]):
            weighted = np.rint(weights * labels[label])
            y[row, label] = weighted.sum()
            yy[row, label] = np.rint(weighted * labels[label]).sum()
            zy[row, :, label] = z @ weighted
