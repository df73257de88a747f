"""lime's surrogate from moments: choose features, fit a ridge on them, and say how well it fits.

This is ``LimeBase.explain_instance_with_data`` (lime_base.py) for many (row, label) pairs at once.
"""

import numpy as np

from sparklime_core.explain.engine import Surrogates
from sparklime_core.explain.feature_selection import falling, select
from sparklime_core.explain.moments import Moments
from sparklime_core.explain.products import dot
from sparklime_core.explain.types import BoolArray, FloatArray

RIDGE_ALPHA = 1.0
"""lime's ridge penalty of the surrogate itself."""

CONSTANT = 1e-28
"""Labels whose variance is a smaller share of their squared mean are constant but for rounding."""


def fit_surrogates(moments: Moments, wanted: BoolArray, num_features: int, feature_selection: str) -> Surrogates:
    """Fit the surrogate of every wanted pair.

    Parameters
    ----------
    moments
        Moments of m neighbourhoods, the instances among their samples.
    wanted
        (m, K) which labels of which rows.
    num_features
        The most features of a surrogate.
    feature_selection
        lime's name of a method.

    Returns
    -------
    Surrogates
        One pair for each True of ``wanted``, row by row. The bits of a pair depend on its own moments only.
    """
    row, label = np.nonzero(wanted)
    zy = moments.zy_cov[row, :, label]
    used = select(moments, row, label, num_features, feature_selection)
    at, there = np.maximum(used, 0), used >= 0
    covariance = np.where(there, np.take_along_axis(zy, at, axis=1), 0.0)
    coefficients = moments.z_cov.ridge_of_some(RIDGE_ALPHA, covariance, row, at, there)
    intercept = moments.y_mean[row, label] - dot(coefficients, moments.z_mean[row[:, None], at])
    variance = moments.y_var[row, label]
    # The normal equations (A + alpha I) b = c turn the residual sum of squares v - 2 b.c + b.A.b into this:
    residual = variance - dot(coefficients, covariance + RIDGE_ALPHA * coefficients)
    order = falling(coefficients)
    return Surrogates(
        features=np.take_along_axis(used, order, axis=1),
        weights=np.take_along_axis(coefficients, order, axis=1),
        intercept=intercept,
        score=_r_squared(residual, variance, moments.weight[row] * moments.y_mean[row, label] ** 2),
        local_prediction=intercept + dot(coefficients, moments.z_instance[row[:, None], at]),
        effective_share=None if moments.effective_share is None else moments.effective_share[row],
    )


def standard_errors(moments: Moments, wanted: BoolArray, fitted: Surrogates) -> FloatArray:
    """Return the standard errors of the surrogates' weights (p, k), 0 for padding.

    Those of weighted ridge regression: with G the centred weighted products of the chosen columns and
    ``B = (G + alpha I)^-1``, the weights' covariance is ``s^2 B G B``, where s^2 is the weighted residual sum of
    squares over N less the number of chosen features (Visani et al., "Statistical stability indices for LIME",
    arXiv 2001.11757).
    """
    row, label = np.nonzero(wanted)
    at, there = np.maximum(fitted.features, 0), fitted.features >= 0
    both = there[:, :, None] & there[:, None, :]
    products = np.where(both, moments.z_cov.full()[row[:, None, None], at[:, :, None], at[:, None, :]], 0.0)
    inverse = np.linalg.inv(products + RIDGE_ALPHA * np.eye(at.shape[1]))
    covariance = inverse @ products @ inverse
    residual = (1.0 - fitted.score) * moments.y_var[row, label]
    spread = np.maximum(residual, 0.0) / np.maximum(moments.size - there.sum(axis=1), 1)
    variances = np.maximum(np.diagonal(covariance, axis1=1, axis2=2), 0.0)
    return np.where(there, np.sqrt(spread[:, None] * variances), 0.0)


def _r_squared(residual: FloatArray, variance: FloatArray, scale: FloatArray) -> FloatArray:
    """Return weighted R², 1 for constant labels, as ``sklearn.metrics.r2_score`` has it."""
    constant = variance <= CONSTANT * scale
    return np.where(constant, 1.0, 1.0 - residual / np.where(constant, 1.0, variance))
