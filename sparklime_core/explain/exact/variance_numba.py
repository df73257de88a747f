"""`variance.fill_sums_numpy`, compiled by numba: the same whole numbers."""

import numpy as np
from numba import njit

from sparklime_core.explain.exact.variance import bits_of
from sparklime_core.explain.numba_cache import compiled
from sparklime_core.explain.sums_numba import count_agreements


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


def _fill(codes, powers, kernel, scale, rows, first, label, agreeing, sums):  # type: ignore[no-untyped-def]
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


_fill = compiled(_fill)


def fill_sums(codes, powers, kernel, rows, first, label, agreeing, sums):  # type: ignore[no-untyped-def]
    """Fill the sums; see `variance.fill_sums_numpy`."""
    scale = 2.0 ** bits_of(codes.shape[1])
    _fill(codes, powers, kernel, scale, rows, first, label, agreeing, sums)  # type: ignore[no-untyped-call]
