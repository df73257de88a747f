"""`variance.fill_sums_numpy`, compiled by numba: the same whole numbers."""

import numpy as np
from numba import njit

from sparklime_core.explain.numba_cache import compiled
from sparklime_core.explain.sums_numba import count_agreements

WAYS = 4
"""Sums that are kept apart, so that one sample need not wait for the one before."""


@njit
def _add_by_agreement(agreeing, values, squares, sums):  # type: ignore[no-untyped-def]
    apart = np.zeros((WAYS, sums.shape[1], 3), dtype=np.int64)
    whole = len(agreeing) // WAYS * WAYS
    for n in range(0, whole, WAYS):
        for way in range(WAYS):
            to = agreeing[n + way]
            apart[way, to, 0] += 1
            apart[way, to, 1] += values[n + way]
            apart[way, to, 2] += squares[n + way]
    for n in range(whole, len(agreeing)):
        apart[0, agreeing[n], 0] += 1
        apart[0, agreeing[n], 1] += values[n]
        apart[0, agreeing[n], 2] += squares[n]
    for way in range(WAYS):
        for to in range(sums.shape[1]):
            for power in range(3):
                sums[power, to] += apart[way, to, power]


def fill_sums(codes, powers, rows, first, label, agreeing, sums):  # type: ignore[no-untyped-def]
    """Fill the sums; see `variance.fill_sums_numpy`."""
    for row in range(len(rows)):
        count_agreements(codes, rows[row], agreeing)
        for pair in range(first[row], first[row + 1]):
            of_label = powers[label[pair]]
            _add_by_agreement(agreeing, of_label[0], of_label[1], sums[pair])


fill_sums = compiled(fill_sums)
