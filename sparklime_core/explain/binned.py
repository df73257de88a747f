"""Moments of the shared pool for rows whose features are all binned or categorical, exact to the last bit.

Here a sample differs from a row in a number of features m = 0..d, and its weight is a table look-up,
``kernel_fn(sqrt(m))``. So samples are put in the order of m, in groups of 64 that share a weight, and a column z_j
(does the sample have the row's code of feature j?) becomes a row of bits. The weighted number of samples that
agree with the row in both j and k is then a sum of ``weight * popcount(bits_j & bits_k)`` over the groups.

Weights and weighted labels are rounded to whole multiples of a power of two, small enough that no sum of them
exceeds 2^53. Every sum is a whole number and exact in float64, in whatever order BLAS adds: what a row gets cannot
depend on the rows beside it, on threads or on the kind of processor. What is lost is 2^-52 of the largest sum.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sparklime_core.errors import EngineError
from sparklime_core.explain.moments import Moments, centred
from sparklime_core.explain.pool import Pool
from sparklime_core.explain.types import BoolArray, Explainer, FloatArray, IntArray

WORD = 64
"""Samples of a group: the bits of a machine word."""

EXACT_BITS = 52
"""Sums of weights stay at or below 2 to this power."""

SMALLEST_EXPONENT = -1021
"""Of the powers of two that float64 holds with full precision."""

ROWS_AT_ONCE = 8
"""Rows whose bits are worked on together: enough to outweigh numpy's overhead, few enough for a cache."""

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class BinnedPool:
    """A pool in bits.

    Attributes
    ----------
    planes
        (1 + codes, N) for each (feature, code), which samples have it: byte n is zero, or has the bit of the
        feature's place among eight. Plane 0 is empty, for codes that were never drawn; so is sample N-1.
    values
        For each feature, the codes that were drawn, ascending.
    starts
        (d,) the plane of each feature's first code.
    kernel
        (d + 1,) the weight of a sample by the number of features in which it agrees with the row.
    labels
        (K, N-1) the predictions as ``(prediction - base) / span``, within -1 and 1.
    base, span
        (K,) the middle of the predictions, and a power of two that is no less than half their range.
    """

    planes: Bytes
    values: tuple[FloatArray, ...]
    starts: IntArray
    kernel: FloatArray
    labels: FloatArray
    base: FloatArray
    span: FloatArray

    @classmethod
    def of(cls, explainer: Explainer, pool: Pool) -> "BinnedPool":
        """Lay out a pool of an explainer that has no continuous columns."""
        width = pool.codes.shape[1]
        values = tuple(np.unique(pool.codes[:, feature]) for feature in range(width))
        starts = np.cumsum([1] + [len(known) for known in values])
        planes = np.zeros((starts[-1], len(pool.codes) + 1), dtype=np.uint8)
        for feature, known in enumerate(values):
            has = pool.codes[:, feature] == known[:, None]
            planes[starts[feature] : starts[feature + 1], :-1] = has * np.uint8(128 >> feature % 8)
        low, high = pool.predictions.min(axis=0), pool.predictions.max(axis=0)
        base = low + (high - low) / 2
        _, exponent = np.frexp(np.maximum(high - base, base - low))
        span = np.ldexp(1.0, exponent)
        labels = np.ascontiguousarray(((pool.predictions - base) / span).T)
        kernel = kernel_table(explainer, width)[::-1]
        return cls(planes, values, starts[:-1], np.ascontiguousarray(kernel), labels, base, span)

    def signatures(self, codes: IntArray) -> IntArray:
        """Return, for the codes of rows (n, d), the planes of the samples that have them too."""
        found = np.zeros(codes.shape, dtype=np.int64)
        for feature, known in enumerate(self.values):
            place = np.minimum(np.searchsorted(known, codes[:, feature]), len(known) - 1)
            drawn = known[place] == codes[:, feature]
            found[:, feature] = np.where(drawn, self.starts[feature] + place, 0)
        return found

    def moments(self, signatures: IntArray, wanted: BoolArray) -> Moments:
        """Return the moments of samples 1 to N-1 for rows of these signatures (m, d).

        Those of labels that are not wanted (m, K) are zero.
        """
        rows, width = signatures.shape
        agreeing = np.empty((rows, self.labels.shape[1]), dtype=np.min_scalar_type(width))
        weight, unit, zz_sum = np.empty(rows), np.empty(rows), np.empty((rows, width, width))
        for start in range(0, rows, ROWS_AT_ONCE):
            at = slice(start, start + ROWS_AT_ONCE)
            columns = self._columns(signatures[at])
            agreeing[at] = np.bitwise_count(columns[:, :, :-1]).sum(axis=1, dtype=agreeing.dtype)
            weight[at], unit[at], zz_sum[at] = self._joint_weights(columns, agreeing[at], width)
        y_sum, yy_sum, zy_sum = self._label_sums(signatures, wanted, agreeing, unit)
        z_sum = np.ascontiguousarray(np.diagonal(zz_sum, axis1=1, axis2=2))
        found = centred(
            self.labels.shape[1] + 1, weight, z_sum, zz_sum, y_sum, yy_sum, zy_sum, np.ones((rows, width))
        )
        return found.rescaled(self.base, self.span)

    def _columns(self, signatures: IntArray) -> Bytes:
        """Return (rows, d / 8, N): for each sample, in which features it agrees with the row, a bit a feature."""
        rows, width = signatures.shape
        groups = -(-width // 8)
        padded = np.zeros((rows, groups * 8), dtype=np.int64)
        padded[:, :width] = signatures
        gathered = self.planes.take(padded, axis=0).reshape(rows, groups, 8, -1)
        columns: Bytes = np.bitwise_or.reduce(gathered, axis=2)
        return columns

    def _joint_weights(
        self, columns: Bytes, agreeing: npt.NDArray[Any], width: int
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the sum of the weights (rows,), their unit (rows,), and the sums for pairs (rows, d, d)."""
        rows = len(columns)
        orders, word_classes = zip(*(_groups(row, width) for row in agreeing), strict=True)
        words = max(len(classes) for classes in word_classes)
        ordered: Bytes = np.zeros((rows, columns.shape[1], words * WORD), dtype=np.uint8)
        weights, weight, unit = np.zeros((rows, words, 1)), np.empty(rows), np.empty(rows)
        for row, (order, classes) in enumerate(zip(orders, word_classes, strict=True)):
            np.take(columns[row], order, axis=1, out=ordered[row, :, : len(order)], mode="clip")
            table, unit[row] = self._whole_kernel(int(classes[-1]))
            weights[row, : len(classes), 0] = table[classes] * unit[row]
            weight[row] = table.take(agreeing[row]).sum() * unit[row]
        pairs = _popcounts(_feature_words(ordered), width).astype(np.float64) @ weights
        first, second = np.triu_indices(width)
        zz_sum = np.empty((rows, width, width))
        zz_sum[:, first, second] = zz_sum[:, second, first] = pairs[:, :, 0]
        return weight, unit, zz_sum

    def _whole_kernel(self, most: int) -> tuple[FloatArray, float]:
        """Return the weights in whole units, and the unit, when samples agree in ``most`` features at most."""
        kernel = self.kernel[: most + 1]
        _, exponent = np.frexp(kernel.max() * self.labels.shape[1])
        unit = float(np.ldexp(1.0, max(int(exponent) - EXACT_BITS, SMALLEST_EXPONENT)))
        return np.rint(kernel / unit), unit

    def _label_sums(
        self, signatures: IntArray, wanted: BoolArray, agreeing: npt.NDArray[Any], unit: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return weighted sums of y (m, K), y² (m, K) and zyᵀ (m, d, K), for scaled labels."""
        planes, place = np.unique(signatures, return_inverse=True)
        has = (self.planes[planes, :-1] != 0).astype(np.float64)
        place = place.reshape(signatures.shape)
        weights = np.rint(self.kernel.take(agreeing) / unit[:, None])
        shape = wanted.shape
        y_sum, yy_sum, zy_sum = (
            np.zeros(shape),
            np.zeros(shape),
            np.zeros((shape[0], signatures.shape[1], shape[1])),
        )
        for label in np.flatnonzero(wanted.any(axis=0)):
            at = np.flatnonzero(wanted[:, label])
            weighted = np.rint(weights[at] * self.labels[label])
            y_sum[at, label] = weighted.sum(axis=1) * unit[at]
            yy_sum[at, label] = np.rint(weights[at] * self.labels[label] ** 2).sum(axis=1) * unit[at]
            zy_sum[at, :, label] = np.take_along_axis(weighted @ has.T, place[at], axis=1) * unit[at, None]
        return y_sum, yy_sum, zy_sum


def kernel_table(explainer: Explainer, width: int) -> FloatArray:
    """Return the kernel's weights for 0 to d differing features, at distances of their square roots.

    Raises
    ------
    EngineError
        When they are no weights.
    """
    weights = np.asarray(explainer.base.kernel_fn(np.sqrt(np.arange(width + 1.0))), dtype=np.float64)
    return checked_weights(np.broadcast_to(weights, (width + 1,)))


def checked_weights(weights: FloatArray) -> FloatArray:
    """Return a kernel's weights, or raise `EngineError` when some are negative or not finite."""
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise EngineError("The explainer's kernel returns weights that are negative or not finite.")
    return weights


def _groups(agreeing: npt.NDArray[Any], width: int) -> tuple[IntArray, IntArray]:
    """Put samples in groups of `WORD` that agree with the row in equally many features.

    Returns the samples in this order, where numbers from len(agreeing) up fill groups, and the number of agreeing
    features of each group.
    """
    counts = np.bincount(agreeing, minlength=width + 1)
    classes = np.arange(width + 1)
    filling = np.repeat(classes.astype(agreeing.dtype), -counts % WORD)
    order = np.argsort(np.concatenate([agreeing, filling]), kind="stable")
    return order, np.repeat(classes, -(-counts // WORD))


def _feature_words(ordered: Bytes) -> Words:
    """Turn samples, eight features a byte (rows, d / 8, n), into features, 64 samples a word (rows, d, n / 64)."""
    bits = np.uint8(128) >> np.arange(8, dtype=np.uint8)
    packed = np.packbits(ordered[:, :, None, :] & bits[:, None], axis=-1)
    return packed.view(np.uint64).reshape(len(ordered), -1, ordered.shape[-1] // WORD)


def _popcounts(words: Words, width: int) -> Bytes:
    """Return (rows, d (d + 1) / 2, words): for each pair of features, how many samples of a word have both."""
    counts: Bytes = np.empty((len(words), width * (width + 1) // 2, words.shape[2]), dtype=np.uint8)
    start = 0
    for feature in range(width):
        both = words[:, feature : feature + 1] & words[:, feature:width]
        np.bitwise_count(both, out=counts[:, start : start + both.shape[1]])
        start += both.shape[1]
    return counts
