"""Weighted moments of a neighbourhood: everything that lime's surrogate needs to know of its samples.

lime fits weighted ridge regressions of the labels y on the interpretable columns z. Their normal equations, R²
and every rule of feature selection are functions of the weighted means and centred products below, so that a
neighbourhood of any size is one small matrix.

Samples have products of any kind, a matrix for each neighbourhood. Independent columns have a diagonal, to which
the instance adds a matrix of rank one: their ridges take as many steps as there are columns, by the
formula of Sherman and Morrison.
"""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from sparklime_core.errors import EngineError
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
        """Solve for the coefficients (p, k) of the columns ``at``, with targets (p, k); 0 where there is none."""
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


@dataclass(frozen=True)
class Moments:
    """Moments of m neighbourhoods with d features and K labels.

    Attributes
    ----------
    size
        Number of samples of a neighbourhood, the instance among them.
    weight
        (m,) sum of the kernel weights.
    z_mean
        (m, d) weighted means of the interpretable columns.
    z_cov
        Weighted sums of their centred products (not divided by anything).
    y_mean, y_var
        (m, K) weighted means of the labels, and weighted sums of their centred squares.
    zy_cov
        (m, d, K) weighted sums of the centred products of columns and labels.
    z_instance
        (m, d) the instance itself in the interpretable columns: ones where features are binned or categorical,
        its scaled value elsewhere.
    effective_share
        (m,) Kish's effective size of the samples without the instance, as a share of their number; None where it
        follows from the bins alone.
    """

    size: int
    weight: FloatArray
    z_mean: FloatArray
    z_cov: Products
    y_mean: FloatArray
    y_var: FloatArray
    zy_cov: FloatArray
    z_instance: FloatArray
    effective_share: FloatArray | None = None

    def take(self, index: IntArray) -> "Moments":
        """Return the moments of some of the neighbourhoods, in the order of ``index``, which may repeat."""
        return Moments(
            self.size,
            self.weight[index],
            self.z_mean[index],
            self.z_cov.take(index),
            self.y_mean[index],
            self.y_var[index],
            self.zy_cov[index],
            self.z_instance[index],
            None if self.effective_share is None else self.effective_share[index],
        )

    def rescaled(self, base: FloatArray, span: FloatArray) -> "Moments":
        """Return the moments of the labels ``base + span * y``, for ``base`` and ``span`` (K,)."""
        return replace(
            self,
            y_mean=base + span * self.y_mean,
            y_var=span**2 * self.y_var,
            zy_cov=span * self.zy_cov,
        )


def centred(
    size: int,
    weight: FloatArray,
    z_sum: FloatArray,
    zz_sum: FloatArray,
    y_sum: FloatArray,
    yy_sum: FloatArray,
    zy_sum: FloatArray,
    z_instance: FloatArray,
) -> Moments:
    """Return moments from plain weighted sums: of z (m, d), zzᵀ (m, d, d), y (m, K), y² (m, K) and zyᵀ (m, d, K).

    Give labels near zero (subtract a constant first, and add it to ``y_mean`` after): the centring cancels digits
    where a mean is far greater than the spread.
    """
    total = np.where(weight > 0, weight, 1.0)[:, None]
    z_mean, y_mean = z_sum / total, y_sum / total
    products = z_sum[:, :, None] * z_mean[:, None, :]
    return Moments(
        size,
        weight,
        z_mean,
        FullProducts(np.subtract(zz_sum, products, out=products)),
        y_mean,
        np.maximum(yy_sum - y_sum * y_mean, 0.0),
        zy_sum - z_sum[:, :, None] * y_mean[:, None, :],
        z_instance,
    )


def with_instance(pool: Moments, kernel_at_zero: float, predictions: FloatArray) -> Moments:
    """Add the instance itself, lime's sample 0, to the moments of the other samples: a rank-one term.

    Parameters
    ----------
    pool
        Moments of samples 1 to N-1; its ``size`` is N already.
    kernel_at_zero
        The weight of the instance, ``kernel_fn(0)``.
    predictions
        (m, K) the model's predictions for the instances.

    Raises
    ------
    EngineError
        When all weights are zero, so that there is no neighbourhood.
    """
    weight = pool.weight + kernel_at_zero
    if not (weight > 0).all():
        raise EngineError("The kernel gives every sample the weight 0, so nothing can be fitted; widen it.")
    share = (kernel_at_zero / weight)[:, None]
    scale = share * pool.weight[:, None]
    step_z, step_y = pool.z_instance - pool.z_mean, predictions - pool.y_mean
    return replace(
        pool,
        weight=weight,
        z_mean=pool.z_mean + share * step_z,
        z_cov=pool.z_cov.plus(scale[:, 0], step_z),
        y_mean=pool.y_mean + share * step_y,
        y_var=pool.y_var + scale * step_y**2,
        zy_cov=pool.zy_cov + (scale * step_z)[:, :, None] * step_y[:, None, :],
    )
