"""The variance of the model's predictions under lime's kernel, from a pool: the one figure without a closed form.

``E[w f^2]`` couples every pair of trees. Only R² needs it, so that its sampling error touches nothing else.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sparklime_core.explain.exact.columns import Column
from sparklime_core.explain.types import FloatArray, IntArray


@dataclass(frozen=True)
class Spread:
    """A pool of n samples, ready to be weighted for any row.

    Attributes
    ----------
    codes
        (d, n) the position of each sample's code among the codes of its feature, in as few bytes as hold it.
    powers
        (n, 2K) the model's predictions about their mean, and their squares.
    kernel
        (d + 1,) the weight of a sample by the number of features in which it differs from the row.
    """

    codes: npt.NDArray[Any]
    powers: FloatArray
    kernel: FloatArray

    @classmethod
    def of_pool(
        cls, columns: tuple[Column, ...], codes: FloatArray, predictions: FloatArray, kernel: FloatArray
    ) -> "Spread":
        """Store a pool's codes (n, d) and predictions (n, K)."""
        positions = np.stack([column.positions(codes[:, at]) for at, column in enumerate(columns)])
        largest = max(int(positions.max()), len(columns))
        centred = predictions - predictions.mean(axis=0)
        return cls(positions.astype(np.min_scalar_type(largest)), np.hstack([centred, centred**2]), kernel)

    def variance(self, positions: IntArray) -> FloatArray:
        """Return (m, K): the weighted variance for rows whose codes have these positions (m, d)."""
        labels = self.powers.shape[1] // 2
        found = np.zeros((len(positions), labels))
        wanted = positions.astype(self.codes.dtype)
        for at, row in enumerate(wanted):
            # A row at a time, always in the same shapes: a matrix product may round otherwise in another shape.
            mismatches = np.not_equal(self.codes, row[:, None]).view(np.uint8).sum(axis=0, dtype=self.codes.dtype)
            weights = self.kernel.take(mismatches)
            total = weights.sum()
            if total > 0:
                mean = (weights @ self.powers) / total
                found[at] = mean[labels:] - mean[:labels] ** 2
        return np.maximum(found, 0.0)
