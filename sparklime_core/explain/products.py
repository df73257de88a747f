"""Centred products of the interpretable columns, and the ridges on them: of any columns, or of independent ones.

Samples have products of any kind, a matrix for each neighbourhood. Independent columns have a diagonal, to which
the instance adds a matrix of rank one: their ridges take as many steps as there are columns, by the
formula of Sherman and Morrison.
"""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from sparklime_core.explain.types import BoolArray, FloatArray, IntArray


class Products(Protocol):
    """Weighted sums of centred products of d columns, of m neighbourhoods."""

    def take(self, index: IntArray) -> "Products":
        """Return those of some of the neighbourhoods, in the order of ``index``, which may repeat."""
        ...

    def plus(self, scale: FloatArray, step: FloatArray) -> "Products":
        """Add the products of one sample: its weight (m,), and its distance from the mean (m, d)."""
        ...

    def full(self) -> FloatArray:
        """Return the matrices (m, d, d)."""
        ...

    def ridge(self, alpha: float, targets: FloatArray, row: IntArray, label: IntArray) -> FloatArray:
        """Solve for the coefficients (p, d) of pairs, with targets (m, d, K)."""
        ...

    def ridge_of_some(
        self, alpha: float, target: FloatArray, row: IntArray, at: IntArray, there: BoolArray
    ) -> FloatArray:
        """Solve for the coefficients (p, k) of the columns ``at``, with targets (p, k); 0 where none is there."""
        ...


@dataclass(frozen=True)
class FullProducts:
    """Products of any columns: ``values`` (m, d, d)."""

    values: FloatArray

    def take(self, index: IntArray) -> "FullProducts":
        """See `Products.take`."""
        return FullProducts(self.values[index])

    def plus(self, scale: FloatArray, step: FloatArray) -> "FullProducts":
        """See `Products.plus`."""
        product = (step * scale[:, None])[:, :, None] * step[:, None, :]
        return FullProducts(np.add(self.values, product, out=product))

    def full(self) -> FloatArray:
        """See `Products.full`."""
        return self.values

    def ridge(self, alpha: float, targets: FloatArray, row: IntArray, label: IntArray) -> FloatArray:
        """See `Products.ridge`. The labels of a neighbourhood share one factorisation."""
        coefficients = np.linalg.solve(self.values + alpha * np.eye(self.values.shape[1]), targets)
        chosen: FloatArray = coefficients[row, :, label].astype(np.float64, copy=False)
        return chosen

    def ridge_of_some(
        self, alpha: float, target: FloatArray, row: IntArray, at: IntArray, there: BoolArray
    ) -> FloatArray:
        """See `Products.ridge_of_some`."""
        both = there[:, :, None] & there[:, None, :]
        matrix = np.where(both, self.values[row[:, None, None], at[:, :, None], at[:, None, :]], 0.0)
        matrix += alpha * np.eye(at.shape[1])
        solved: FloatArray = np.linalg.solve(matrix, np.where(there, target, 0.0)[:, :, None])[:, :, 0]
        return np.where(there, solved, 0.0)


@dataclass(frozen=True)
class IndependentProducts:
    """Products of independent columns and one sample: ``diag(variance) + scale * step * stepᵀ``.

    Attributes
    ----------
    variance
        (m, d) weighted sums of the centred squares.
    scale
        (m,) weight of the sample; 0 before there is one.
    step
        (m, d) its distance from the mean.
    """

    variance: FloatArray
    scale: FloatArray
    step: FloatArray

    @classmethod
    def of(cls, variance: FloatArray) -> "IndependentProducts":
        """Begin without a sample."""
        return cls(variance, np.zeros(len(variance)), np.zeros_like(variance))

    def take(self, index: IntArray) -> "IndependentProducts":
        """See `Products.take`."""
        return IndependentProducts(self.variance[index], self.scale[index], self.step[index])

    def plus(self, scale: FloatArray, step: FloatArray) -> "IndependentProducts":
        """See `Products.plus`; there can be one sample."""
        return replace(self, scale=scale, step=step)

    def full(self) -> FloatArray:
        """See `Products.full`."""
        diagonal = self.variance[:, :, None] * np.eye(self.variance.shape[1])
        return FullProducts(diagonal).plus(self.scale, self.step).values

    def ridge(self, alpha: float, targets: FloatArray, row: IntArray, label: IntArray) -> FloatArray:
        """See `Products.ridge`."""
        return _rank_one_ridge(alpha + self.variance[row], self.scale[row], self.step[row], targets[row, :, label])

    def ridge_of_some(
        self, alpha: float, target: FloatArray, row: IntArray, at: IntArray, there: BoolArray
    ) -> FloatArray:
        """See `Products.ridge_of_some`."""
        rows = row[:, None]
        step = np.where(there, self.step[rows, at], 0.0)
        return _rank_one_ridge(
            alpha + self.variance[rows, at], self.scale[row], step, np.where(there, target, 0.0)
        )


def _rank_one_ridge(diagonal: FloatArray, scale: FloatArray, step: FloatArray, target: FloatArray) -> FloatArray:
    """Solve ``diag(diagonal) + scale * step * stepᵀ`` (p, k) for targets (p, k)."""
    alone, along = target / diagonal, step / diagonal
    share = scale * dot(step, alone) / (1.0 + scale * dot(step, along))
    solved: FloatArray = alone - share[:, None] * along
    return solved


def dot(left: FloatArray, right: FloatArray) -> FloatArray:
    """Return row by row products; column after column, so that no row's bits depend on how many there are."""
    total: FloatArray = np.zeros(len(left))
    for column in range(left.shape[1]):
        total += left[:, column] * right[:, column]
    return total
