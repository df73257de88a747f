"""`fill_residual_sums_numpy` of the pool's profiles, compiled by numba: the same whole numbers."""

import numpy as np
from numba import njit

from sparklime_core.explain.compiled.agreements import agreements
from sparklime_core.explain.compiled.cache import compiled


@njit
def _weigh_residuals(agreeing, table, residuals, weighted):  # type: ignore[no-untyped-def]
    """Fill the weighted residuals; return the sum of the weighted squares."""
    for n in range(len(agreeing)):
        weighted[n] = np.int32(np.rint(table[agreeing[n]] * residuals[n]))
    squares = np.int64(0)
    for n in range(len(agreeing)):
        squares += np.int64(np.rint(weighted[n] * residuals[n]))
    return squares


@njit
def _total_in_32_bits(values):  # type: ignore[no-untyped-def]
    total = np.int32(0)
    for n in range(len(values)):
        total = np.int32(total + values[n])
    return total


@njit
def _add_three_codes(values, codes, numbers, sums):  # type: ignore[no-untyped-def]
    """Fill the sums of three codes in one pass, 16 samples an instruction."""
    one, two, three = np.int32(0), np.int32(0), np.int32(0)
    first, second, third = numbers[0], numbers[1], numbers[2]
    for n in range(len(values)):
        code, value = codes[n], values[n]
        one = np.int32(one + (value if code == first else np.int32(0)))
        two = np.int32(two + (value if code == second else np.int32(0)))
        three = np.int32(three + (value if code == third else np.int32(0)))
    sums[0], sums[1], sums[2] = one, two, three


@njit
def _add_by_code(values, codes, numbers, total, by_code):  # type: ignore[no-untyped-def]
    """Fill the sum of each code's values; that of the last is what the others leave of the total."""
    last = len(by_code) - 1
    if last >= len(numbers) - 2:
        for n in range(len(values)):
            by_code[codes[n]] += values[n]
        return
    sums = np.empty(3, dtype=np.int64)
    by_code[last] = total
    for code in range(0, last, 3):
        _add_three_codes(values, codes, numbers[code : code + 3], sums)
        for at in range(min(3, last - code)):
            by_code[code + at] = sums[at]
            by_code[last] -= sums[at]


def fill_residual_sums(  # type: ignore[no-untyped-def]
    positions,
    planes,
    whole,
    residuals,
    signatures,
    label,
    features,
    starts,
    ends,
    numbers,
    most,
    totals,
    by_place,
):
    """Fill the arrays of `ResidualSums`, explanation by explanation."""
    size = positions.shape[1]
    codes, words = np.empty(len(planes), dtype=np.uint32), np.empty((planes.shape[1], size), dtype=np.uint32)
    agreeing, weighted = np.empty(size, dtype=np.uint16), np.empty(size, dtype=np.int32)
    for pair in range(len(label)):
        agreements(planes, signatures[pair], codes, words, agreeing)
        most[pair] = agreeing.max()
        totals[pair, 1] = _weigh_residuals(agreeing, whole[most[pair]], residuals[label[pair]], weighted)
        totals[pair, 0] = _total_in_32_bits(weighted)
        for slot in range(features.shape[1]):
            feature = features[pair, slot]
            if feature >= 0:
                sums = by_place[starts[pair, slot] : ends[pair, slot]]
                _add_by_code(weighted, positions[feature], numbers, totals[pair, 0], sums)


fill_residual_sums = compiled(fill_residual_sums)
