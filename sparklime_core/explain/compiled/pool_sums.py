"""`fill_sums_numpy` of the binned pool, compiled by numba: the same whole numbers.

Samples are put in groups of 64 that agree with the row in equally many features, and so share a weight. A column
z_j (does the sample agree in feature j?) becomes a row of 64-bit words, and the weighted number of samples that
agree in both j and k is a sum of ``weight * popcount(word_j & word_k)``: a hundred words instead of thousands of
samples. Only sums may be reordered by the compiler (``reassoc``), and they are exact.
"""

import numpy as np
from numba import njit

from sparklime_core.explain.compiled.agreements import HALF, agreements, popcount
from sparklime_core.explain.compiled.cache import compiled

WORD = 64
BYTE = 8
LOW = np.uint64(255)

ASIDE = 16
"""Words between the rows of a matrix, without which all rows would share few lines of the processor's cache."""

GROUPS = 32
"""The number of groups is a multiple of it: so many words are taken in one turn of a loop."""

IN_ANY_ORDER = {"reassoc", "nsz"}

EXACT_PRODUCTS = {"reassoc", "nsz", "contract"}
"""Of whole numbers below 2^53: to round once after adding is no other number."""


@njit
def _place(agreeing, places, sample_places, group_class):  # type: ignore[no-untyped-def]
    """Give each sample a place in a group of 64 that agree in equally many features; return the number of groups.

    ``places`` has where the next sample of each class goes. Unsigned numbers need no look at whether they count
    from the end.
    """
    places[:] = 0
    groups = np.uint32(0)
    for n in range(len(agreeing)):
        agreement = np.uint64(agreeing[n])
        place = places[agreement]
        if place & np.uint32(WORD - 1) == 0:
            place = np.uint32(groups * np.uint32(WORD))
            group_class[groups] = agreement
            groups = np.uint32(groups + np.uint32(1))
        places[agreement] = np.uint32(place + np.uint32(1))
        sample_places[n] = place
    return np.int64(groups)


@njit
def _scatter(words, sample_places, ordered):  # type: ignore[no-untyped-def]
    """Put sample s of group g into row ``s % 32`` and column ``2 g + s // 32``; the rest is 0."""
    ordered[:] = 0
    for n in range(len(words)):
        place = np.uint64(sample_places[n])
        ordered[place & np.uint64(HALF - 1), place >> np.uint64(5)] = words[n]


@njit
def _weigh_groups(places, groups, group_class, table, group_weight):  # type: ignore[no-untyped-def]
    """Fill the weight of a sample of each group; return the sum over all samples.

    No partial sum is above the whole one, which float64 holds exactly.
    """
    group_weight[:] = 0.0
    total = 0.0
    for group in range(groups):
        weight = table[group_class[group]]
        end = np.int64(places[group_class[group]]) - WORD * group  # of the class's samples: in its last group
        group_weight[group] = weight
        total += weight * (end if 0 < end < WORD else WORD)
    return total


@njit(forceinline=True)
def _swap(upper, lower, shift, mask):  # type: ignore[no-untyped-def]
    """Swap bits of two words that are ``shift`` rows apart; the upper one keeps those of the mask."""
    swapped = ((upper >> shift) ^ lower) & mask
    return upper ^ (swapped << shift), lower ^ swapped


@njit
def _swap_four(words, row, far, far_mask, near, near_mask, columns):  # type: ignore[no-untyped-def]
    """Take two steps of a transposition in one pass."""
    for at in range(columns):
        one, two = words[row, at], words[row + near, at]
        three, four = words[row + far, at], words[row + far + near, at]
        one, three = _swap(one, three, np.uint32(far), far_mask)
        two, four = _swap(two, four, np.uint32(far), far_mask)
        one, two = _swap(one, two, np.uint32(near), near_mask)
        three, four = _swap(three, four, np.uint32(near), near_mask)
        words[row, at], words[row + near, at] = one, two
        words[row + far, at], words[row + far + near, at] = three, four


@njit
def _swap_two(words, row, columns):  # type: ignore[no-untyped-def]
    for at in range(columns):
        one, two = _swap(words[row, at], words[row + 1, at], np.uint32(1), np.uint32(0x55555555))
        words[row, at], words[row + 1, at] = one, two


@njit
def _transpose(words, columns):  # type: ignore[no-untyped-def]
    """Transpose each column's 32 by 32 bits: words of features, one per sample, become words of samples."""
    for row in range(8):
        _swap_four(words, row, 16, np.uint32(0x0000FFFF), 8, np.uint32(0x00FF00FF), columns)
    for row in range(HALF):
        if row & 6 == 0:
            _swap_four(words, row, 4, np.uint32(0x0F0F0F0F), 2, np.uint32(0x33333333), columns)
    for row in range(0, HALF, 2):
        _swap_two(words, row, columns)


@njit(fastmath=EXACT_PRODUCTS)
def _joint_of_four(words, first, second, groups, group_weight, zz):  # type: ignore[no-untyped-def]
    """Fill the weights of the samples that agree in the first feature and each of four others."""
    one, two, three, four = 0.0, 0.0, 0.0, 0.0
    for group in range(groups):
        weight, samples = group_weight[group], words[first, group]
        one += weight * np.int64(popcount(samples & words[second, group]))
        two += weight * np.int64(popcount(samples & words[second + 1, group]))
        three += weight * np.int64(popcount(samples & words[second + 2, group]))
        four += weight * np.int64(popcount(samples & words[second + 3, group]))
    zz[first, second], zz[first, second + 1] = one, two
    zz[first, second + 2], zz[first, second + 3] = three, four


@njit
def _joint(words, groups, group_weight, all_zz, zz):  # type: ignore[no-untyped-def]
    """Sum weights over the samples that agree in both of two features."""
    width = len(zz)
    for first in range(width):
        for second in range(first, width, 4):
            _joint_of_four(words, first, min(second, len(words) - 4), groups, group_weight, all_zz)
    for first in range(width):
        for second in range(first, width):
            zz[first, second] = all_zz[first, second]
            zz[second, first] = all_zz[first, second]


@njit(fastmath=IN_ANY_ORDER)
def _weigh_labels(agreeing, table, labels, weighted):  # type: ignore[no-untyped-def]
    """Round weighted labels and squares to whole numbers; fill the former, and return the sums of both."""
    total, squares = 0.0, 0.0
    for n in range(len(agreeing)):
        value = np.rint(table[np.uint64(agreeing[n])] * labels[n])
        weighted[n] = np.int64(value)
        total += value
        squares += np.rint(value * labels[n])
    return total, squares


@njit
def _add_by_byte(values, words, by_byte):  # type: ignore[no-untyped-def]
    """Add values by each byte of the samples' words: by which of eight features they agree in."""
    by_byte[:] = 0
    for n in range(len(values)):
        value, word = values[n], np.uint64(words[n])
        by_byte[0, word & LOW] += value
        by_byte[1, (word >> np.uint64(8)) & LOW] += value
        by_byte[2, (word >> np.uint64(16)) & LOW] += value
        by_byte[3, word >> np.uint64(24)] += value


@njit
def _add_by_bit(by_byte, sums):  # type: ignore[no-untyped-def]
    """Fill, for each feature, the sum over the bytes that have its bit; the sums by byte are used up."""
    for feature in range(len(sums) - 1, -1, -1):
        by_value, half, total = by_byte[feature // BYTE], 1 << feature % BYTE, np.int64(0)
        for low in range(half):
            total += by_value[low + half]
            by_value[low] += by_value[low + half]
        sums[feature] = total


def fill_sums(  # type: ignore[no-untyped-def]
    positions, planes, signatures, whole, labels, wanted, most, weight, zz, y, yy, zy
):
    """Fill the arrays of `Sums`, row by row."""
    width, size = positions.shape
    capacity = (size // WORD + width + 1 + GROUPS) // GROUPS * GROUPS
    agreeing, sample_places = np.empty(size, dtype=np.uint16), np.empty(size, dtype=np.uint32)
    codes, words = np.empty(len(planes), dtype=np.uint32), np.empty((planes.shape[1], size), dtype=np.uint32)
    places = np.empty(width + 1, dtype=np.uint32)
    ordered = np.empty((HALF * len(words), 2 * capacity + ASIDE), dtype=np.uint32)
    feature_words = ordered.view(np.uint64)
    group_class, group_weight = np.empty(capacity, dtype=np.uint64), np.empty(capacity)
    all_zz, by_byte = np.empty((width, len(ordered))), np.empty((4, 256), dtype=np.int64)
    weighted = np.empty(size, dtype=np.int64)
    for row in range(signatures.shape[0]):
        agreements(planes, signatures[row], codes, words, agreeing)
        groups = _place(agreeing, places, sample_places, group_class)
        together = (groups + GROUPS - 1) // GROUPS * GROUPS
        for word in range(len(words)):
            of_word = ordered[HALF * word : HALF * (word + 1)]
            _scatter(words[word], sample_places, of_word)
            _transpose(of_word, 2 * together)
        most[row] = group_class[:groups].max()
        table = whole[most[row]]
        weight[row] = _weigh_groups(places, groups, group_class, table, group_weight)
        _joint(feature_words, together, group_weight, all_zz, zz[row])
        for label in range(labels.shape[0]):
            if wanted[row, label]:
                y[row, label], yy[row, label] = _weigh_labels(agreeing, table, labels[label], weighted)
                for word in range(len(words)):
                    of_word = zy[row, HALF * word : HALF * (word + 1), label]
                    _add_by_byte(weighted, words[word], by_byte)
                    _add_by_bit(by_byte, of_word)


fill_sums = compiled(fill_sums)
