"""In which features the samples of a pool agree with a row: what the sums over a pool begin with.

The samples' codes come as bits, 32 features a word; see `bit_planes` of the binned pool. A few operations compare
32 features of 16 samples.
"""

from typing import Any

import numpy as np
from numba import njit
from numba.extending import intrinsic

HALF = 32
"""Features whose bits share a word."""


def _popcount(_typing, word):  # type: ignore[no-untyped-def]
    def count(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        return builder.ctpop(arguments[0])

    return word(word), count


popcount: Any = intrinsic(_popcount)
"""Count the bits of a word, by the processor's own instruction where it has one."""


@njit
def _differ(planes, others, code, other_code, words):  # type: ignore[no-untyped-def]
    for n in range(len(words)):
        words[n] = (planes[n] ^ code) | (others[n] ^ other_code)


@njit
def _differ_more(planes, others, code, other_code, words):  # type: ignore[no-untyped-def]
    for n in range(len(words)):
        words[n] |= (planes[n] ^ code) | (others[n] ^ other_code)


@njit
def _agree(words, known, agreeing):  # type: ignore[no-untyped-def]
    for n in range(len(words)):
        words[n] = ~words[n] & known
    for n in range(len(words)):
        agreeing[n] += np.uint16(popcount(np.uint32(words[n])))


@njit
def agreements(planes, signature, codes, words, agreeing):  # type: ignore[no-untyped-def]
    """Set, for each sample, the bits of the features in which it agrees with the row, and count them."""
    bits = len(planes)
    agreeing[:] = 0
    for word in range(planes.shape[1]):
        known = np.uint32(0)  # other codes were never drawn
        codes[:] = 0
        for at in range(min(HALF, len(signature) - HALF * word)):
            code = np.uint64(signature[HALF * word + at])
            if code >> np.uint64(bits) == 0:
                known |= np.uint32(1) << np.uint32(at)
                for bit in range(bits):
                    codes[bit] |= np.uint32(((code >> np.uint64(bit)) & np.uint64(1)) << np.uint64(at))
        _differ(planes[0, word], planes[1, word], codes[0], codes[1], words[word])
        for bit in range(2, bits, 2):
            _differ_more(planes[bit, word], planes[bit + 1, word], codes[bit], codes[bit + 1], words[word])
        _agree(words[word], known, agreeing)
