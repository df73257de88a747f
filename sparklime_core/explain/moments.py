"""Weighted moments of a neighbourhood: everything that lime's surrogate needs to know of its samples.

lime fits weighted ridge regressions of the labels y on the interpretable columns z. Their normal equations, R²
and every rule of feature selection are functions of the weighted means and centred products below, so that a
neighbourhood of any size is one small matrix.
"""

from dataclasses import dataclass, replace

import numpy as np

from sparklime_core.errors import EngineError
from sparklime_core.explain.products import FullProducts, Products
from sparklime_core.explain.types import FloatArray, IntArray


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
    return Moments(
        size,
        weight,
        z_mean,
        FullProducts.centred(zz_sum, z_sum, z_mean),
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
