"""Walk trees for many rows: down for the reach of every node, up for what it is worth.

In numpy, or compiled where numba is there. All operations are elementwise, and every sum is added up in the order
of the splits of a `Block`: both give the same bits, whatever rows are walked together.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
from scipy.sparse import csr_array

from sparklime_core.explain.compiled_or_numpy import compiled_or_numpy
from sparklime_core.explain.exact.splits import Block, Trees
from sparklime_core.explain.types import FloatArray, IntArray

WALK_SIZE = 2**17
"""Splits times rows that numpy walks together, so that a walk's arrays stay small."""


def walk(
    trees: Trees, codes: IntArray, label: IntArray, pair: IntArray, mean: FloatArray, pull: FloatArray
) -> None:
    """Add what trees give.

    Parameters
    ----------
    codes
        (m, d) the place of each row's code among the codes of its feature.
    label, pair
        (m, turns) the labels that are wanted of each row, and which pair each is; -1 for none.
    mean, pull
        (p,) and (p, T), as in `Expectations`.
    """
    implementation()(trees, codes, label, pair, mean, pull)


@cache
def implementation() -> Callable[..., None]:
    """Return what walks: compiled where numba is installed."""
    return compiled_or_numpy("exact.walk_numba", "walk_trees", walk_numpy)


def walk_numpy(
    trees: Trees, codes: IntArray, label: IntArray, pair: IntArray, mean: FloatArray, pull: FloatArray
) -> None:
    """Walk block by block, level by level, as many rows at once as `WALK_SIZE` allows."""
    for block in trees.blocks:
        _walk_block(block, codes, label, pair, mean, pull)


def _walk_block(
    block: Block, codes: IntArray, label: IntArray, pair: IntArray, mean: FloatArray, pull: FloatArray
) -> None:
    together = max(1, WALK_SIZE // len(block.feature))
    split, by_bin = _entries(block, pull.shape[1])
    block = _level_by_level(block)
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
    """Return where each entry's split is level by level, and the matrix that adds entries (E, m) up by bin."""
    split = np.repeat(_levels_of(block), np.diff(block.first))
    ends = np.cumsum(np.bincount(block.bin, minlength=bins))
    order = np.argsort(block.bin, kind="stable")
    matrix = csr_array((np.ones(len(split)), order, np.append(0, ends)), shape=(bins, len(split)))
    return split, matrix


def _levels_of(block: Block) -> IntArray:
    """Return the place of each split (n,) level by level."""
    place = np.empty_like(block.by_level)
    place[block.by_level] = np.arange(len(place))
    return place


def _level_by_level(block: Block) -> Block:
    """Return a block whose splits stand level by level; its entries stay as they are."""
    place, order = _levels_of(block), block.by_level
    left, right = (
        np.where(child >= 0, place[np.maximum(child, 0)], child)[order] for child in (block.left, block.right)
    )
    return replace(block, feature=block.feature[order], left=left, right=right, start=block.start[order])


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
