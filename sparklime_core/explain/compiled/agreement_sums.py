"""Sums over samples by the number of features in which they agree with a row, compiled by numba.

The same whole numbers as those of `fill_variance_sums_numpy`.
"""

import numpy as np
from numba import njit

from sparklime_core.explain.compiled.agreements import agreements
from sparklime_core.explain.compiled.cache import compiled


@njit
def _largest(agreeing):  # type: ignore[no-untyped-def]
    most = agreeing[0]
    for n in range(len(agreeing)):
        most = max(most, agreeing[n])
    return most


@njit
def _weigh(kernel, most, scale, weights):  # type: ignore[no-untyped-def]
    """Fill the weight of a sample by the number of agreeing features, up to the largest one there is."""
    for agreement in range(most + 1):
        weights[agreement] = np.int64(np.rint(kernel[agreement] / kernel[most] * scale))


@njit
def _add(agreeing, weights, values, squares, sums):  # type: ignore[no-untyped-def]
    total, of_values, of_squares = np.int64(0), np.int64(0), np.int64(0)
    for n in range(len(agreeing)):
        weight = weights[np.uint64(agreeing[n])]  # unsigned: none counts from the end
        total += weight
        of_values += weight * values[n]
        of_squares += weight * squares[n]
    sums[0], sums[1], sums[2] = total, of_values, of_squares


def fill_variance_sums(  # type: ignore[no-untyped-def]
    _codes, planes, powers, kernel, scale, rows, first, label, sums
):
    """Fill the sums of `Spread.variance`, row by row."""
    size, weights = powers.shape[2], np.zeros(len(kernel), dtype=np.int64)
    codes, words = np.empty(len(planes), dtype=np.uint32), np.empty((planes.shape[1], size), dtype=np.uint32)
    agreeing = np.empty(size, dtype=np.uint16)
    for row in range(len(rows)):
        agreements(planes, rows[row], codes, words, agreeing)
        most = np.int64(_largest(agreeing))
        if kernel[most] == 0.0:
            continue
        _weigh(kernel, most, scale, weights)
        for pair in range(first[row], first[row + 1]):
            of_label = powers[label[pair]]
            _add(agreeing, weights, of_label[0], of_label[1], sums[pair])


fill_variance_sums = compiled(fill_variance_sums)
