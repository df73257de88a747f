"""Sums over samples by the number of features in which they agree with a row, compiled by numba.

The same whole numbers as those of `fill_residual_sums_numpy` and `fill_variance_sums_numpy`.
"""

import numpy as np
from numba import njit

from sparklime_core.explain.compiled.cache import compiled


@njit
def count_agreements(positions, signature, agreeing):  # type: ignore[no-untyped-def]
    """Count, for each sample, the features in which it agrees with a row."""
    for n in range(len(agreeing)):
        agreeing[n] = 0
    for feature in range(len(signature)):
        codes, code = positions[feature], signature[feature]
        for n in range(len(agreeing)):
            agreeing[n] += codes[n] == code


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
    whole,
    residuals,
    signatures,
    label,
    features,
    starts,
    ends,
    numbers,
    agreeing,
    most,
    totals,
    by_place,
):
    """Fill the arrays of `ResidualSums`, explanation by explanation."""
    weighted = np.empty(positions.shape[1], dtype=np.int32)
    for pair in range(len(label)):
        count_agreements(positions, signatures[pair], agreeing)
        most[pair] = agreeing.max()
        totals[pair, 1] = _weigh_residuals(agreeing, whole[most[pair]], residuals[label[pair]], weighted)
        totals[pair, 0] = _total_in_32_bits(weighted)
        for slot in range(features.shape[1]):
            feature = features[pair, slot]
            if feature >= 0:
                sums = by_place[starts[pair, slot] : ends[pair, slot]]
                _add_by_code(weighted, positions[feature], numbers, totals[pair, 0], sums)


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


fill_residual_sums = compiled(fill_residual_sums)
fill_variance_sums = compiled(fill_variance_sums)
