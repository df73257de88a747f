"""The variance of the model's predictions under lime's kernel, from a pool: the one figure without a closed form.

``E[w f^2]`` couples every pair of trees. Only R² needs it, so that its sampling error touches nothing else. A
sample's weight depends on nothing but the number of features in which it agrees with the row. Weights and
predictions are rounded to whole numbers whose products 64 bits add up: the sums are exact, in numpy and compiled.
What rounding costs, a ten-millionth, is far below what sampling does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from sparklime_core.explain.compiled_or_numpy import compiled_or_numpy
from sparklime_core.explain.exact.columns import Column
from sparklime_core.explain.sums import Positions
from sparklime_core.explain.types import BoolArray, FloatArray, IntArray

EXACT_BITS = 62
"""Sums of products of whole numbers stay at or below 2 to this power."""


@dataclass(frozen=True)
class Spread:
    """A pool of n samples, ready to be weighted for any row.

    Attributes
    ----------
    codes
        (d, n) the position of each sample's code among the codes of its feature, in as few bytes as hold it.
    powers
        (K, 2, n) the model's predictions about their mean, and their squares, as multiples of ``units``.
    units
        (K, 2).
    kernel
        (d + 1,) the weight of a sample by the number of features in which it agrees with the row.
    """

    codes: Positions
    powers: IntArray
    units: FloatArray
    kernel: FloatArray

    @classmethod
    def of_pool(
        cls, columns: tuple[Column, ...], codes: FloatArray, predictions: FloatArray, kernel: FloatArray
    ) -> "Spread":
        """Store a pool's codes (n, d) and predictions (n, K); the kernel is by the number of mismatches."""
        positions = np.stack([column.positions(codes[:, at]) for at, column in enumerate(columns)])
        centred = (predictions - predictions.mean(axis=0)).T
        powers = np.stack([centred, centred**2], axis=1)
        bits = bits_of(len(codes))
        units = np.ldexp(1.0, np.frexp(np.abs(powers).max(axis=2))[1] - bits)
        whole = np.rint(powers / units[:, :, None]).astype(np.int64)
        kind = np.min_scalar_type(max(len(column.codes) for column in columns))
        return cls(positions.astype(kind), whole, units, np.ascontiguousarray(kernel[::-1]))

    def variance(self, positions: IntArray, wanted: BoolArray) -> FloatArray:
        """Return (m, K): the weighted variance for rows whose codes have these positions (m, d).

        That of labels that are not wanted (m, K) is 0.
        """
        row, label = np.nonzero(wanted)
        first = np.searchsorted(row, np.arange(len(wanted) + 1))
        sums = np.zeros((len(row), 3), dtype=np.int64)
        agreeing = np.zeros(self.codes.shape[1], dtype=np.min_scalar_type(len(self.codes)))
        rows = positions.astype(self.codes.dtype)
        implementation()(self.codes, self.powers, self.kernel, rows, first, label, agreeing, sums)
        total, of_values, of_squares = sums.T.astype(np.float64)
        total = np.where(total > 0, total, 1.0)
        mean, square = self.units[label].T * (of_values / total, of_squares / total)
        found = np.zeros(wanted.shape)
        found[row, label] = np.maximum(square - mean**2, 0.0)
        return found


def bits_of(samples: int) -> int:
    """Return how many bits a weight and a prediction have, each, when so many products are added."""
    return (EXACT_BITS - samples.bit_length()) // 2


@cache
def implementation() -> Callable[..., None]:
    """Return what adds up: compiled where numba is installed."""
    return compiled_or_numpy("exact.variance_numba", "fill_sums", fill_sums_numpy)


def fill_sums_numpy(
    codes: Positions,
    powers: IntArray,
    kernel: FloatArray,
    rows: Positions,
    first: IntArray,
    label: IntArray,
    _agreeing: Positions,
    sums: IntArray,
) -> None:
    """Fill the weighted sums (p, 3): of ones, of predictions and of squares.

    Weights are shares of the largest that occurs around a row, so that a narrow kernel loses nothing.

    Parameters
    ----------
    codes, powers, kernel
        As in `Spread`.
    rows
        (m, d) the codes of the rows.
    first, label
        (m + 1,) where the pairs of each row begin, and (p,) the labels of the pairs.
    """
    scale = 2.0 ** bits_of(codes.shape[1])
    for at, row in enumerate(rows):
        agreeing: npt.NDArray[np.int64] = (codes == row[:, None]).sum(axis=0)
        largest = kernel[agreeing.max()]
        if largest == 0.0:
            continue
        weights = np.rint(kernel / largest * scale).astype(np.int64)[agreeing]
        for pair in range(first[at], first[at + 1]):
            of_label = powers[label[pair]]
            sums[pair] = weights.sum(), (weights * of_label[0]).sum(), (weights * of_label[1]).sum()
