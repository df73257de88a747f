"""lime's feature selections, from moments alone (``LimeBase.feature_selection`` in lime_base.py).

Each returns, for p (row, label) pairs, the chosen features (p, width) in lime's order, padded with -1: ``row``
and ``label`` (p,) say where in the moments a pair is. What a pair gets depends on nothing but its own moments:
every operation is elementwise, or one LAPACK call a pair.
"""

import warnings

import numpy as np
from sklearn.linear_model import lars_path_gram

from sparklime_core.errors import EngineError
from sparklime_core.explain.moments import Moments
from sparklime_core.explain.types import FloatArray, IntArray

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
    products = moments.z_cov.full()
    left = np.diagonal(products, axis1=1, axis2=2)[row]
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
        column = products[row, best]
        for factor in factors:
            column -= factor * factor[each, best][:, None]
        column /= np.sqrt(pivot)
        factors.append(column)
        covariance -= column * (covariance[each, best][:, None] / np.sqrt(pivot))
        left -= column**2
    return chosen


def lasso_path(moments: Moments, row: IntArray, label: IntArray, num_features: int) -> IntArray:
    """Choose the features of the last step of the lasso path that has no more than ``num_features`` of them."""
    products, width = moments.z_cov.full(), moments.z_mean.shape[1]
    chosen = np.full((len(row), width), -1, dtype=np.int64)
    for pair, (at, k) in enumerate(zip(row, label, strict=True)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a path that ends early for want of digits is good enough for lime
            _, _, path = lars_path_gram(
                moments.zy_cov[at, :, k], products[at], n_samples=moments.size, method="lasso"
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
