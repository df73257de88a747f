"""lime's surrogate from moments: choose features, fit a ridge on them, and measure how well it fits.

This is ``LimeBase.explain_instance_with_data`` (lime_base.py) for many (row, label) pairs at once, and
``LimeBase.feature_selection``. What a pair gets depends on nothing but its own moments: every operation is
elementwise, or one LAPACK call per pair.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import lars_path_gram

from sparklime_core.errors import EngineError
from sparklime_core.explain.moments import Moments
from sparklime_core.explain.neighbourhood import Profiles
from sparklime_core.explain.products import dot, matrices_at_once, matrices_of_some, matrix_of
from sparklime_core.explain.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Surrogates:
    """Fitted surrogates of m (row, label) pairs, in the order in which `wanted` holds them, row by row.

    Attributes
    ----------
    features
        (m, k) feature indices by falling absolute weight, padded with -1 at the end.
    weights
        (m, k) weights, padded with 0.
    intercept, score, local_prediction
        (m,) intercept, weighted R², and the surrogate's value at the instance.
    effective_share
        (m,) effective size of the neighbourhood, as a share of its samples; None where no engine has measured it.
    profiles
        Profiles of the features; None where they have none.
    """

    features: IntArray
    weights: FloatArray
    intercept: FloatArray
    score: FloatArray
    local_prediction: FloatArray
    effective_share: FloatArray | None = None
    profiles: Profiles | None = None


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
    variances = np.zeros(at.shape)
    few = matrices_at_once(at.shape[1])
    for begin in range(0, len(row), few):
        some = slice(begin, begin + few)
        products = matrices_of_some(moments.z_cov, row[some], at[some], there[some])
        inverse = np.linalg.inv(products + RIDGE_ALPHA * np.eye(at.shape[1]))
        variances[some] = np.maximum(np.diagonal(inverse @ products @ inverse, axis1=1, axis2=2), 0.0)
    residual = (1.0 - fitted.score) * moments.y_var[row, label]
    spread = np.maximum(residual, 0.0) / np.maximum(moments.size - there.sum(axis=1), 1)
    return np.where(there, np.sqrt(spread[:, None] * variances), 0.0)


def _r_squared(residual: FloatArray, variance: FloatArray, scale: FloatArray) -> FloatArray:
    """Return weighted R², 1 for constant labels, as ``sklearn.metrics.r2_score`` has it."""
    constant = variance <= CONSTANT * scale
    return np.where(constant, 1.0, 1.0 - residual / np.where(constant, 1.0, variance))


RANKING_ALPHA = 0.01
"""lime's ridge penalty when it ranks all features."""

DEPENDENT = 1e-10
"""A column with a smaller share of its variance left, given the chosen ones, adds nothing to a fit."""

CONSTANT_COLUMN = 1e-13
"""A column whose variance is a smaller share of its squared mean is constant but for rounding."""


def falling(values: FloatArray) -> IntArray:
    """Return the order of falling \\|values\\| along the last axis, equal ones as they stand, as lime sorts."""
    return np.argsort(-np.abs(values), axis=-1, kind="stable")


def highest_weights(moments: Moments, row: IntArray, label: IntArray, num_features: int) -> IntArray:
    """Choose the largest \\|coefficient * instance\\| of a ridge on all features."""
    coefficients = moments.z_cov.ridge(RANKING_ALPHA, moments.zy_cov, row, label)
    return falling(coefficients * moments.z_instance[row])[:, :num_features]


def forward_selection(moments: Moments, row: IntArray, label: IntArray, num_features: int) -> IntArray:
    """Add, one at a time, the feature that raises R² of least squares most.

    lime fits a regression for each candidate. Here the columns of a Cholesky factor of the chosen features give
    what is left of every candidate's variance, and of its covariance with the label: the gain in explained sum
    of squares is the square of the latter over the former.
    """
    covariance = moments.zy_cov[row, :, label]
    products, columns = moments.z_cov, np.arange(covariance.shape[1])
    left = products.entries(row[:, None], columns, columns)
    smallest = DEPENDENT * left + CONSTANT_COLUMN * moments.weight[row, None] * moments.z_mean[row] ** 2
    pairs, width = covariance.shape
    each = np.arange(pairs)
    count = min(num_features, width)
    free = np.ones((pairs, width), dtype=np.bool_)
    factors: list[FloatArray] = []
    chosen = np.empty((pairs, count), dtype=np.int64)
    for step in range(count):
        useful = left > smallest
        gain = np.where(useful, covariance**2 / np.where(useful, left, 1.0), 0.0)
        best = np.argmax(np.where(free, gain, -1.0), axis=1)
        chosen[:, step] = best
        free[each, best] = False
        pivot = np.where(useful[each, best], left[each, best], np.inf)[:, None]
        column = products.entries(row[:, None], best[:, None], columns)
        for factor in factors:
            column -= factor * factor[each, best][:, None]
        column /= np.sqrt(pivot)
        factors.append(column)
        covariance -= column * (covariance[each, best][:, None] / np.sqrt(pivot))
        left -= column**2
    return chosen


def lasso_path(moments: Moments, row: IntArray, label: IntArray, num_features: int) -> IntArray:
    """Choose the features of the last step of the lasso path that has no more than ``num_features`` of them."""
    width = moments.z_cov.width
    chosen = np.full((len(row), width), -1, dtype=np.int64)
    for pair, (at, k) in enumerate(zip(row, label, strict=True)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a path that ends early for want of digits is good enough for lime
            _, _, path = lars_path_gram(
                moments.zy_cov[at, :, k], matrix_of(moments.z_cov, at), n_samples=moments.size, method="lasso"
            )
        features = np.arange(width)
        for step in range(path.shape[1] - 1, 0, -1):
            features = np.flatnonzero(path[:, step])
            if len(features) <= num_features:
                break
        chosen[pair, : len(features)] = features
    return chosen


def all_features(moments: Moments, row: IntArray, _label: IntArray, _num_features: int) -> IntArray:
    """Choose every feature, however many were asked for."""
    return np.tile(np.arange(moments.z_mean.shape[1]), (len(row), 1))


METHODS = {
    "highest_weights": highest_weights,
    "forward_selection": forward_selection,
    "lasso_path": lasso_path,
    "none": all_features,
}


def select(
    moments: Moments, row: IntArray, label: IntArray, num_features: int, feature_selection: str
) -> IntArray:
    """Choose by lime's name of a method; its ``auto`` looks at the number of features that was asked for."""
    if feature_selection == "auto":
        feature_selection = "forward_selection" if num_features <= 6 else "highest_weights"
    return METHODS[feature_selection](moments, row, label, num_features)


def check_selection(feature_selection: str) -> None:
    """Raise `EngineError` when lime has no such method; lime itself would fail row by row."""
    if feature_selection not in METHODS and feature_selection != "auto":
        raise EngineError(
            f"The explainer's feature_selection is {feature_selection!r}; lime knows auto, {', '.join(METHODS)}."
        )
