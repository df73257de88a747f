"""`fill_sums_numpy` of the binned pool, compiled by numba: the same whole numbers.

Samples are put in the order of how many features they agree on with the row, in groups of 64 that share a weight.
A column z_j (does the sample agree in feature j?) is then a row of 64-bit words, and the weighted number of
samples that agree in both j and k is a sum of ``weight * popcount(word_j & word_k)``: a hundred words instead of
thousands of samples. Only sums may be reordered by the compiler (``reassoc``), and they are exact.
"""

import numpy as np
from numba import njit

from sparklime_core.explain.compiled.cache import compiled

WORD = 64
BYTE = 8

WAYS = 4
"""Counts that are kept apart, so that one sample need not wait for the one before."""

IN_ANY_ORDER = {"reassoc", "nsz"}


@njit(inline="always")
def _popcount(word):  # type: ignore[no-untyped-def]
    """Count bits in a form that LLVM turns into the processor's own instruction."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (word * np.uint64(0x0101010101010101)) >> np.uint64(56)


@njit
def _mark(codes, code, bit, sample_bytes):  # type: ignore[no-untyped-def]
    """Set a bit of the samples that have a code."""
    for n in range(len(codes)):
        sample_bytes[n] |= bit if codes[n] == code else np.uint8(0)


@njit
def _widen(sample_bytes, shift, sample_words, agreeing):  # type: ignore[no-untyped-def]
    """Put bytes into words, and count their bits."""
    for n in range(len(sample_bytes)):
        byte = np.uint64(sample_bytes[n])
        sample_words[n] = byte if shift == 0 else sample_words[n] | (byte << shift)
    for n in range(len(sample_bytes)):
        agreeing[n] += np.uint16(_popcount(np.uint64(sample_bytes[n])))


@njit
def _agreements(positions, signature, agreeing, sample_words, sample_bytes):  # type: ignore[no-untyped-def]
    """For each sample, count the features in which it agrees with the row, and set their bits, 64 a word.

    Bits are set eight features at a time, in bytes, of which one instruction treats many.
    """
    width = len(signature)
    for n in range(len(agreeing)):
        agreeing[n] = 0
    for first in range(0, width, BYTE):
        for n in range(len(sample_bytes)):
            sample_bytes[n] = 0
        for feature in range(first, min(first + BYTE, width)):
            _mark(positions[feature], signature[feature], np.uint8(1) << np.uint8(feature - first), sample_bytes)
        _widen(sample_bytes, np.uint64(first % WORD), sample_words[first // WORD], agreeing)


@njit
def _count(agreeing, count):  # type: ignore[no-untyped-def]
    """Count samples (WAYS, d + 1) by agreement; every fourth one belongs to the same way."""
    whole = len(agreeing) // WAYS * WAYS
    for n in range(0, whole, WAYS):
        for way in range(WAYS):
            count[way, agreeing[n + way]] += np.uint64(1)
    for n in range(whole, len(agreeing)):
        count[0, agreeing[n]] += np.uint64(1)


@njit
def _place(agreeing, words, place, ordered):  # type: ignore[no-untyped-def]
    """Put a word of each sample where its way and its agreement have come to."""
    whole = len(agreeing) // WAYS * WAYS
    for n in range(0, whole, WAYS):
        for way in range(WAYS):
            at = place[way, agreeing[n + way]]
            place[way, agreeing[n + way]] = at + np.uint64(1)
            ordered[at] = words[n + way]
    for n in range(whole, len(agreeing)):
        at = place[0, agreeing[n]]
        place[0, agreeing[n]] = at + np.uint64(1)
        ordered[at] = words[n]


@njit
def _group(agreeing, sample_words, ordered, group_class):  # type: ignore[no-untyped-def]
    """Order samples by agreement into groups of 64, filled up with zeros; return the number of groups.

    ``group_class`` is filled with how many features the samples of each group agree in. Unsigned numbers need no
    look at whether they count from the end.
    """
    most = len(sample_words) * WORD
    count = np.zeros((WAYS, most + 1), dtype=np.uint64)
    _count(agreeing, count)
    place = np.zeros((WAYS, most + 1), dtype=np.uint64)
    groups = 0
    for agreement in range(most + 1):
        begin = groups * WORD
        held = np.int64(0)
        for way in range(WAYS):
            place[way, agreement] = begin + held
            held += np.int64(count[way, agreement])
        for _ in range(0, held, WORD):
            group_class[groups] = agreement
            groups += 1
        for word in range(ordered.shape[0]):
            for at in range(begin + held, groups * WORD):
                ordered[word, at] = 0
    for word in range(ordered.shape[0]):
        _place(agreeing, sample_words[word], place.copy(), ordered[word])
    return groups


@njit
def _swap_bits(eights):  # type: ignore[no-untyped-def]
    """Transpose 8 by 8 bits, one byte per row, in each word."""
    for at in range(len(eights)):
        bits = eights[at]
        swapped = (bits ^ (bits >> np.uint64(7))) & np.uint64(0x00AA00AA00AA00AA)
        bits = bits ^ swapped ^ (swapped << np.uint64(7))
        swapped = (bits ^ (bits >> np.uint64(14))) & np.uint64(0x0000CCCC0000CCCC)
        bits = bits ^ swapped ^ (swapped << np.uint64(14))
        swapped = (bits ^ (bits >> np.uint64(28))) & np.uint64(0x00000000F0F0F0F0)
        eights[at] = bits ^ swapped ^ (swapped << np.uint64(28))


@njit
def _take_bytes(words, shift, found):  # type: ignore[no-untyped-def]
    for at in range(len(found)):
        found[at] = np.uint8(words[at] >> shift)


@njit
def _transpose(ordered, groups, ordered_bytes, feature_bytes):  # type: ignore[no-untyped-def]
    """Turn words of features, one per sample, into bits of samples, one row per feature.

    Eight features of eight samples are a word.
    """
    size = groups * WORD
    for first in range(0, len(feature_bytes), BYTE):
        _take_bytes(ordered[first // WORD], np.uint64(first % WORD), ordered_bytes[:size])
        eights = ordered_bytes[:size].view(np.uint64)
        _swap_bits(eights)
        for feature in range(first, min(first + BYTE, len(feature_bytes))):
            _take_bytes(eights, np.uint64(BYTE * (feature - first)), feature_bytes[feature, : len(eights)])


@njit(fastmath=IN_ANY_ORDER)
def _joint(feature_words, groups, group_weight, zz):  # type: ignore[no-untyped-def]
    """Sum weights over the samples that agree in both of two features."""
    width = feature_words.shape[0]
    for first in range(width):
        for second in range(first, width):
            total = 0.0
            for group in range(groups):
                both = feature_words[first, group] & feature_words[second, group]
                total += group_weight[group] * np.int64(_popcount(both))
            zz[first, second] = total
            zz[second, first] = total


@njit
def _weigh_labels(agreeing, table, labels, weighted, squares):  # type: ignore[no-untyped-def]
    """Round weighted labels and squares to whole numbers, in the operations and order of numpy."""
    for n in range(len(agreeing)):
        weighted[n] = np.rint(table[agreeing[n]] * labels[n])
    for n in range(len(agreeing)):
        squares[n] = np.rint(weighted[n] * labels[n])


@njit(fastmath=IN_ANY_ORDER)
def _total(values):  # type: ignore[no-untyped-def]
    total = 0.0
    for n in range(len(values)):
        total += values[n]
    return total


@njit(fastmath=IN_ANY_ORDER)
def _total_of_code(values, codes, code):  # type: ignore[no-untyped-def]
    total = 0.0
    for n in range(len(values)):
        total += values[n] if codes[n] == code else 0.0
    return total


@njit(fastmath=IN_ANY_ORDER)
def _totals_of_four(values, positions, signature, first, sums):  # type: ignore[no-untyped-def]
    """Fill the sums of four features in one pass."""
    one, two, three, four = 0.0, 0.0, 0.0, 0.0
    for n in range(len(values)):
        value = values[n]
        one += value if positions[first, n] == signature[first] else 0.0
        two += value if positions[first + 1, n] == signature[first + 1] else 0.0
        three += value if positions[first + 2, n] == signature[first + 2] else 0.0
        four += value if positions[first + 3, n] == signature[first + 3] else 0.0
    sums[first], sums[first + 1], sums[first + 2], sums[first + 3] = one, two, three, four


@njit
def _totals_of_codes(values, positions, signature, sums):  # type: ignore[no-untyped-def]
    """Fill, for each feature, the sum over the samples that agree with the row."""
    together = len(signature) // 4 * 4
    for first in range(0, together, 4):
        _totals_of_four(values, positions, signature, first, sums)
    for feature in range(together, len(signature)):
        sums[feature] = _total_of_code(values, positions[feature], signature[feature])


def fill_sums(  # type: ignore[no-untyped-def]
    positions, signatures, whole, labels, wanted, most, weight, zz, y, yy, zy
):
    """Fill the arrays of `Sums`, row by row."""
    width, size = positions.shape
    words = (width + WORD - 1) // WORD
    agreeing = np.empty(size, dtype=np.uint16)
    sample_words = np.empty((words, size), dtype=np.uint64)
    sample_bytes = np.empty(size, dtype=np.uint8)
    ordered = np.empty((words, WORD * (size // WORD + width + 2)), dtype=np.uint64)
    ordered_bytes = np.empty(ordered.shape[1], dtype=np.uint8)
    feature_bytes = np.empty((width, ordered.shape[1] // BYTE), dtype=np.uint8)
    feature_words = feature_bytes.view(np.uint64)
    of_features = np.empty(width)
    group_class = np.empty(feature_words.shape[1], dtype=np.int64)
    group_weight = np.empty(feature_words.shape[1])
    weighted, squares = np.empty(size), np.empty(size)
    for row in range(signatures.shape[0]):
        _agreements(positions, signatures[row], agreeing, sample_words, sample_bytes)
        groups = _group(agreeing, sample_words, ordered, group_class)
        _transpose(ordered, groups, ordered_bytes, feature_bytes)
        table = whole[group_class[groups - 1]]
        most[row] = group_class[groups - 1]
        for group in range(groups):
            group_weight[group] = table[group_class[group]]
        _joint(feature_words, groups, group_weight, zz[row])
        for n in range(size):
            weighted[n] = table[agreeing[n]]
        weight[row] = _total(weighted)
        for label in range(labels.shape[0]):
            if wanted[row, label]:
                _weigh_labels(agreeing, table, labels[label], weighted, squares)
                y[row, label] = _total(weighted)
                yy[row, label] = _total(squares)
                _totals_of_codes(weighted, positions, signatures[row], of_features)
                zy[row, :, label] = of_features


fill_sums = compiled(fill_sums)
