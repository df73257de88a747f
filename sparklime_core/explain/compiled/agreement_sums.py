"""Sums over samples by the number of features in which they agree with a row, compiled by numba.

The same whole numbers as those of `fill_variance_sums_numpy`.
"""

import numpy as np
from numba import njit

from sparklime_core.explain.compiled.cache import compiled


@njit
def _count_six(positions, signature, agreeing):  # type: ignore[no-untyped-def]
    """Add the agreements of six features in one pass."""
    zero, one, two = positions[0], positions[1], positions[2]
    three, four, five = positions[3], positions[4], positions[5]
    for n in range(len(agreeing)):
        found = np.uint8(zero[n] == signature[0]) + np.uint8(one[n] == signature[1])
        found += np.uint8(two[n] == signature[2]) + np.uint8(three[n] == signature[3])
        found += np.uint8(four[n] == signature[4]) + np.uint8(five[n] == signature[5])
        agreeing[n] += found


@njit
def count_agreements(positions, signature, agreeing):  # type: ignore[no-untyped-def]
    """Count, for each sample, the features in which it agrees with a row."""
    together = len(signature) // 6 * 6
    for n in range(len(agreeing)):
        agreeing[n] = 0
    for first in range(0, together, 6):
        _count_six(positions[first : first + 6], signature[first : first + 6], agreeing)
    for feature in range(together, len(signature)):
        codes, code = positions[feature], signature[feature]
        for n in range(len(agreeing)):
            agreeing[n] += codes[n] == code


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
    codes, powers, kernel, scale, rows, first, label, agreeing, sums
):
    """Fill the sums of `Spread.variance`, row by row."""
    weights = np.zeros(len(kernel), dtype=np.int64)
    for row in range(len(rows)):
        count_agreements(codes, rows[row], agreeing)
        most = np.int64(_largest(agreeing))
        if kernel[most] == 0.0:
            continue
        _weigh(kernel, most, scale, weights)
        for pair in range(first[row], first[row + 1]):
            of_label = powers[label[pair]]
            _add(agreeing, weights, of_label[0], of_label[1], sums[pair])


fill_variance_sums = compiled(fill_variance_sums)
