"""Walk compiled trees: the model's expectation under lime's kernel, and its covariance with every feature."""

import numpy as np

from sparklime_core.explain.exact.splits import Block
from sparklime_core.explain.types import BoolArray, FloatArray, IntArray

WALK_SIZE = 2**17
"""Splits times rows that are walked together, so that a walk's arrays stay small; no result depends on it."""


def expectations(
    blocks: tuple[Block, ...], offset: FloatArray, positions: IntArray, wanted: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Return ``E[f]`` and ``E[f z_j] - E[f] E[z_j]`` under lime's kernel, for the wanted labels.

    Parameters
    ----------
    blocks, offset
        The model: compiled trees, and the (K,) constants added to them.
    positions
        (m, d) the position of each row's code among the codes of its feature.
    wanted
        (m, K) which labels of which rows.

    Returns
    -------
    y_mean
        (m, K), 0 where not wanted.
    zy_cov
        (m, d, K), likewise.
    """
    y_mean = np.zeros(wanted.shape)
    zy_cov = np.zeros((*positions.shape, wanted.shape[1]))
    # The first pass takes the first wanted label of each row, the second one the second, and so on.
    order, count = np.argsort(~wanted, axis=1, kind="stable"), wanted.sum(axis=1)
    for block in blocks:
        together = max(1, WALK_SIZE // len(block.feature))
        for begin in range(0, len(positions), together):
            rows = np.arange(begin, min(begin + together, len(positions)))
            share, pull = _down(block, np.ascontiguousarray(positions[rows].T))
            for turn in range(count[rows].max(initial=0)):
                some = np.flatnonzero(count[rows] > turn)
                label = order[rows[some], turn]
                if len(some) < len(rows):
                    mean, covariance = _up(block, share[:, some], pull[:, some], label)
                else:
                    mean, covariance = _up(block, share, pull, label)
                y_mean[rows[some], label] += mean
                zy_cov[rows[some], :, label] += covariance.T
    return np.where(wanted, y_mean + offset, 0.0), zy_cov


def _down(block: Block, codes: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return, for each split and row (n, m), the share that turns left, and the tilt times the node's reach."""
    entry = codes[block.feature]
    entry += block.start[:, None]
    share, pull = block.share.take(entry), block.tilt.take(entry)
    reach = np.ones((block.levels[0].splits.stop, codes.shape[1]))
    for level in block.levels:
        here = level.splits
        count = here.stop - here.start
        pull[here] *= reach
        children = np.empty((2 * count, codes.shape[1]))
        np.multiply(reach, share[here], out=children[:count])
        np.subtract(reach, children[:count], out=children[count:])
        reach = children.take(level.inner, axis=0)
    return share, pull


def _up(block: Block, share: FloatArray, pull: FloatArray, label: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return the trees' expectations (m,) of each row's label, and covariances (d, m) with every feature.

    A node's expectation, given that it is reached, is ``right + share * (left - right)``. The covariance with z_j
    is the sum over leaves of value, reach and ``P(z_j = 1 | leaf) - P(z_j = 1)``. That difference builds up along
    a path, at the splits on j only, which leaves a sum over those splits of ``reach * tilt * (left - right)``.
    """
    pulled = np.empty_like(pull)
    below = np.empty((0, len(label)))
    for level in reversed(block.levels):
        here = level.splits
        count = here.stop - here.start
        children = np.empty((2 * count, len(label)))
        children[level.inner] = below
        children[level.leaves] = level.value.take(label, axis=1)
        left, right = children[:count], children[count:]
        left -= right
        np.multiply(pull[here], left, out=pulled[here])
        left *= share[here]
        right += left
        below = right
    # Added up one after the other: numpy's sum may pair them otherwise when there is one row.
    mean = np.add.accumulate(below, axis=0)[-1]
    return mean, block.by_feature @ pulled
