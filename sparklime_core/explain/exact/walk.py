"""Walk the trees of a block for many rows: down for the reach of every node, up for what it is worth.

In numpy, or compiled where numba is there. All operations are elementwise, and every sum is added up in the order
of the splits, from the last one to the first: both give the same bits, whatever rows are walked together.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
from scipy.sparse import csr_array

from sparklime_core.explain.compiled_or_numpy import compiled_or_numpy
from sparklime_core.explain.exact.splits import Block
from sparklime_core.explain.types import FloatArray, IntArray

WALK_SIZE = 2**17
"""Splits times rows that numpy walks together, so that a walk's arrays stay small."""


def walk(
    block: Block, codes: IntArray, label: IntArray, pair: IntArray, mean: FloatArray, pull: FloatArray
) -> None:
    """Add what a block's trees give.

    Parameters
    ----------
    codes
        (m, d) the place of each row's code among the codes of its feature.
    label, pair
        (m, turns) the labels that are wanted of each row, and which pair each is; -1 for none.
    mean, pull
        (p,) and (p, T), as in `Expectations`.
    """
    implementation()(block, codes, label, pair, mean, pull)


@cache
def implementation() -> Callable[..., None]:
    """Return what walks: compiled where numba is installed."""
    return compiled_or_numpy("exact.walk_numba", "walk_block", walk_numpy)


def walk_numpy(
    block: Block, codes: IntArray, label: IntArray, pair: IntArray, mean: FloatArray, pull: FloatArray
) -> None:
    """Walk level by level, as many rows at once as `WALK_SIZE` allows."""
    together = max(1, WALK_SIZE // len(block.feature))
    split, by_bin = _entries(block, pull.shape[1])
    for begin in range(0, len(codes), together):
        rows = slice(begin, begin + together)
        share, pulled = _down(block, np.ascontiguousarray(codes[rows].T))
        for turn in range(label.shape[1]):
            some = np.flatnonzero(pair[rows, turn] >= 0)
            to = pair[rows, turn][some]
            found, step = _up(block, share[:, some], label[rows, turn][some])
            step *= pulled[:, some]
            mean[to] += found
            lost = share[:, some] * step
            parts = block.below[:, None] * step[split] - block.inside[:, None] * lost[split]
            pull[to] += (by_bin @ parts).T


def _entries(block: Block, bins: int) -> tuple[IntArray, csr_array]:
    """Return the split of each entry, and the matrix that adds entries (E, m) up by bin, the last ones first."""
    split = np.repeat(np.arange(len(block.feature)), np.diff(block.first))
    backwards = np.arange(len(split))[::-1]
    order = backwards[np.argsort(block.bin[::-1], kind="stable")]
    ends = np.cumsum(np.bincount(block.bin, minlength=bins))
    matrix = csr_array((np.ones(len(split)), order, np.append(0, ends)), shape=(bins, len(split)))
    return split, matrix


def _down(block: Block, codes: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return, for each split and row (n, m), the share that turns left, and the node's reach over its mass."""
    entry = codes[block.feature]
    entry += block.start[:, None]
    share, pulled = block.share.take(entry), block.inverse.take(entry)
    reach = np.ones(share.shape)
    for begin, end in zip(block.levels[:-1], block.levels[1:], strict=True):
        here = slice(begin, end)
        pulled[here] *= reach[here]
        left = reach[here] * share[here]
        right = reach[here] - left
        for child, part in ((block.left[here], left), (block.right[here], right)):
            inner = np.flatnonzero(child >= 0)
            reach[child[inner]] = part[inner]
    return share, pulled


def _up(block: Block, share: FloatArray, label: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return the trees' expectations (m,) of each row's label, and for each split (n, m) left less right."""
    leaves = block.value.take(label, axis=1)
    nodes = np.concatenate([np.empty_like(share), leaves])  # a negative child counts from the end
    step = np.empty_like(share)
    for begin, end in zip(block.levels[-2::-1], block.levels[:0:-1], strict=True):
        here = slice(begin, end)
        left, right = nodes[block.left[here]], nodes[block.right[here]]
        step[here] = left - right
        nodes[here] = right + step[here] * share[here]
    # Added up one after the other: numpy's sum may pair them otherwise when there is one row.
    return np.add.accumulate(nodes[: block.levels[1]], axis=0)[-1], step
