"""Weighted products of the columns of neighbourhoods, and the ridges that they give.

Samples have products of any kind, a matrix for each neighbourhood. Independent columns have a diagonal, to which
the instance adds a matrix of rank one: their ridges take as many steps as there are columns, by the
formula of Sherman and Morrison.
"""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from sparklime_core.explain.compiled import compiled_or_numpy
from sparklime_core.explain.types import BoolArray, FloatArray, IntArray


class Products(Protocol):
    """Weighted sums of centred products of d columns, of m neighbourhoods."""

    @property
    def width(self) -> int:
        """The number d of columns."""
        ...

    def take(self, index: IntArray) -> "Products":
        """Return those of some of the neighbourhoods, in the order of ``index``, which may repeat."""
        ...

    def plus(self, scale: FloatArray, step: FloatArray) -> "Products":
        """Add the products of one sample: its weight (m,), and its distance from the mean (m, d)."""
        ...

    def entries(self, row: IntArray, first: IntArray, second: IntArray) -> FloatArray:
        """Return products of two columns; the indices are broadcast against each other."""
        ...

    def ridge(self, alpha: float, targets: FloatArray, row: IntArray, label: IntArray) -> FloatArray:
        """Solve for the coefficients (p, d) of pairs, ``row`` ascending, with targets (m, d, K)."""
        ...

    def ridge_of_some(
        self, alpha: float, target: FloatArray, row: IntArray, at: IntArray, there: BoolArray
    ) -> FloatArray:
        """Solve for the coefficients (p, k) of the columns ``at``, with targets (p, k); 0 where there is none."""
        ...


MOST_PRODUCTS = 2**24
"""So many products of two columns are held at once, 128 MB. A row has as many as the square of its columns."""

MOST_ELIMINATED = 64
"""Up to so many columns, many matrices are solved side by side; LAPACK solves larger ones one after another."""


@dataclass(frozen=True)
class FullProducts:
    """Products of any columns: ``values[m] + sum over t of left[t, m] right[t, m]ᵀ``.

    A matrix is made where it is solved, in the processor's cache.

    Attributes
    ----------
    values
        (m, d, d), symmetric.
    left, right
        (2, m, d) the terms that centre the products, and those that `plus` adds.
    """

    values: FloatArray
    left: FloatArray
    right: FloatArray

    @classmethod
    def of(cls, values: FloatArray) -> "FullProducts":
        """Begin with products that are centred, without a sample."""
        nothing = np.zeros((2, *values.shape[:2]))
        return cls(values, nothing, nothing)

    @classmethod
    def centred(cls, sums: FloatArray, column_sums: FloatArray, means: FloatArray) -> "FullProducts":
        """Centre sums of products (m, d, d) by the sums and the means (m, d) of the columns."""
        nothing = np.zeros_like(means)
        return cls(sums, np.stack([-column_sums, nothing]), np.stack([means, nothing]))

    @property
    def width(self) -> int:
        """See `Products.width`."""
        return int(self.values.shape[1])

    def take(self, index: IntArray) -> "FullProducts":
        """See `Products.take`."""
        return FullProducts(self.values[index], self.left[:, index], self.right[:, index])

    def plus(self, scale: FloatArray, step: FloatArray) -> "FullProducts":
        """See `Products.plus`; there can be one sample."""
        left, right = np.stack([self.left[0], step * scale[:, None]]), np.stack([self.right[0], step])
        return FullProducts(self.values, left, right)

    def entries(self, row: IntArray, first: IntArray, second: IntArray) -> FloatArray:
        """See `Products.entries`."""
        total: FloatArray = self.values[row, first, second]
        for left, right in zip(self.left, self.right, strict=True):
            total = total + left[row, first] * right[row, second]
        return total

    def ridge(self, alpha: float, targets: FloatArray, row: IntArray, label: IntArray) -> FloatArray:
        """See `Products.ridge`. The labels of a neighbourhood share one factorisation."""
        solved = targets[row, :, label]
        rows, first = np.unique(row, return_index=True)
        if self.width > MOST_ELIMINATED:
            ends = np.searchsorted(row, rows, side="right")
            for at, begin, end in zip(rows, first, ends, strict=True):
                matrix = matrix_of(self, at)
                matrix[np.diag_indices_from(matrix)] += alpha
                solved[begin:end] = np.linalg.solve(matrix, targets[at])[:, label[begin:end]].T
            return solved
        fill = compiled_or_numpy("ridges", "fill_ridges", fill_ridges_numpy)
        fill(self.values, self.left, self.right, alpha, rows, np.append(first, len(row)), solved)
        return solved

    def ridge_of_some(
        self, alpha: float, target: FloatArray, row: IntArray, at: IntArray, there: BoolArray
    ) -> FloatArray:
        """See `Products.ridge_of_some`."""
        solved = np.where(there, target, 0.0)
        if at.shape[1] > MOST_ELIMINATED:
            for pair in range(len(row)):
                one = slice(pair, pair + 1)
                matrix = _ridge_matrices(self, alpha, row[one], at[one], there[one])
                solved[one] = np.linalg.solve(matrix, solved[one, :, None])[:, :, 0]
        else:
            fill = compiled_or_numpy("ridges", "fill_ridges_of_some", fill_ridges_of_some_numpy)
            # numba would compile once more for a column of `np.nonzero`.
            row = np.ascontiguousarray(row)
            fill(self.values, self.left, self.right, alpha, row, at, there, solved)
        return np.where(there, solved, 0.0)


def fill_ridges_numpy(
    values: FloatArray,
    left: FloatArray,
    right: FloatArray,
    alpha: float,
    rows: IntArray,
    first: IntArray,
    targets: FloatArray,
) -> None:
    """Turn targets (p, d) into coefficients; the pairs of ``rows[at]`` begin at ``first[at]``."""
    columns = np.arange(values.shape[1])
    matrix = FullProducts(values, left, right).entries(rows[:, None, None], columns[:, None], columns)
    _add_to_diagonal(matrix, alpha)
    _eliminate(matrix)
    _substitute(matrix[np.repeat(np.arange(len(rows)), np.diff(first))], targets)


def fill_ridges_of_some_numpy(
    values: FloatArray,
    left: FloatArray,
    right: FloatArray,
    alpha: float,
    row: IntArray,
    at: IntArray,
    there: BoolArray,
    targets: FloatArray,
) -> None:
    """Turn targets (p, k) of the columns ``at`` into coefficients."""
    matrix = _ridge_matrices(FullProducts(values, left, right), alpha, row, at, there)
    _eliminate(matrix)
    _substitute(matrix, targets)


def matrices_at_once(columns: int) -> int:
    """Return for how many neighbourhoods the matrices of their products are held at once; for one at least."""
    return max(1, MOST_PRODUCTS // columns**2)


def matrix_of(products: Products, at: int) -> FloatArray:
    """Return the matrix (d, d) of one neighbourhood."""
    columns = np.arange(products.width)
    return products.entries(np.array(at), columns[:, None], columns)


def matrices_of_some(products: Products, row: IntArray, at: IntArray, there: BoolArray) -> FloatArray:
    """Return the matrices (p, k, k) of the columns ``at`` (p, k); 0 for those that are not there."""
    both = there[:, :, None] & there[:, None, :]
    return np.where(both, products.entries(row[:, None, None], at[:, :, None], at[:, None, :]), 0.0)


def _ridge_matrices(products: Products, alpha: float, row: IntArray, at: IntArray, there: BoolArray) -> FloatArray:
    """Return the matrices (p, k, k) of the ridges of some columns."""
    matrix = matrices_of_some(products, row, at, there)
    _add_to_diagonal(matrix, alpha)
    return matrix


def _add_to_diagonal(matrix: FloatArray, alpha: float) -> None:
    diagonal = np.arange(matrix.shape[1])
    matrix[:, diagonal, diagonal] += alpha


def _eliminate(matrix: FloatArray) -> None:
    """Turn the upper halves of symmetric matrices (p, k, k) into pivots and factors, in place.

    Positive definite matrices need no exchange of rows. The lower halves receive the factors.
    """
    for at in range(matrix.shape[1]):
        below = slice(at + 1, None)
        factor = matrix[:, at, below] / matrix[:, at, at, None]
        matrix[:, below, below] -= factor[:, :, None] * matrix[:, at, None, below]
        matrix[:, below, at] = factor


def _substitute(matrix: FloatArray, solved: FloatArray) -> None:
    """Turn targets (p, k) into solutions, in place, by what `_eliminate` made of their matrices."""
    for at in range(matrix.shape[1]):
        solved[:, at + 1 :] -= matrix[:, at + 1 :, at] * solved[:, at, None]
    solved /= np.diagonal(matrix, axis1=1, axis2=2)
    for at in range(matrix.shape[1] - 1, 0, -1):
        solved[:, :at] -= matrix[:, at, :at] * solved[:, at, None]


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

    @property
    def width(self) -> int:
        """See `Products.width`."""
        return int(self.variance.shape[1])

    def take(self, index: IntArray) -> "IndependentProducts":
        """See `Products.take`."""
        return IndependentProducts(self.variance[index], self.scale[index], self.step[index])

    def plus(self, scale: FloatArray, step: FloatArray) -> "IndependentProducts":
        """See `Products.plus`; there can be one sample."""
        return replace(self, scale=scale, step=step)

    def entries(self, row: IntArray, first: IntArray, second: IntArray) -> FloatArray:
        """See `Products.entries`."""
        alone = np.where(first == second, self.variance[row, first], 0.0)
        added: FloatArray = self.step[row, first] * self.scale[row] * self.step[row, second]
        return alone + added

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
