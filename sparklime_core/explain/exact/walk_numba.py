"""`walk.walk_numpy`, compiled by numba: a tree for a few rows at a time, which fill the processor's vectors."""

import numpy as np
from numba import njit

from sparklime_core.explain.numba_cache import compiled

LANES = 32
"""Rows that are walked together: enough to pay for asking whether the arrays of a loop overlap."""


def walk_block(block, codes, label, pair, mean, pull):  # type: ignore[no-untyped-def]
    """Add what a block's trees give; see `walk.walk`."""
    width = min(LANES, len(codes))
    rows = -(-len(codes) // width) * width
    padded = np.zeros((rows, codes.shape[1]), dtype=np.int64)
    padded[: len(codes)] = codes
    lanes = np.ascontiguousarray(padded.reshape(-1, width, codes.shape[1]).transpose(0, 2, 1))
    labels, pairs = np.zeros((rows, label.shape[1]), dtype=np.int64), np.full((rows, label.shape[1]), -1)
    labels[: len(codes)], pairs[: len(codes)] = label, pair
    _walk(  # type: ignore[no-untyped-call]
        block.levels[1],
        block.feature,
        block.left,
        block.right,
        block.value,
        block.start,
        block.share,
        block.inverse,
        block.first,
        block.bin,
        block.inside,
        block.below,
        lanes,
        labels,
        pairs,
        mean,
        pull,
    )


@njit
def _turn(code, begin, share, inverse, reach, turning, pulled):  # type: ignore[no-untyped-def]
    for lane in range(len(code)):
        entry = np.uint64(begin) + np.uint64(code[lane])
        turning[lane] = share[entry]
        pulled[lane] = inverse[entry] * reach[lane]


@njit
def _reach_left(reach, turning, child):  # type: ignore[no-untyped-def]
    for lane in range(len(child)):
        child[lane] = reach[lane] * turning[lane]


@njit
def _reach_right(reach, turning, child):  # type: ignore[no-untyped-def]
    for lane in range(len(child)):
        child[lane] = reach[lane] - reach[lane] * turning[lane]


@njit
def _down(feature, left, right, start, share, inverse, codes, turning, pulled, reach):  # type: ignore[no-untyped-def]
    """Fill, for each split, the share that turns left and the reach of the node over its mass."""
    for split in range(len(feature)):
        here = reach[split]
        _turn(codes[feature[split]], start[split], share, inverse, here, turning[split], pulled[split])
        if left[split] >= 0:
            _reach_left(here, turning[split], reach[left[split]])
        if right[split] >= 0:
            _reach_right(here, turning[split], reach[right[split]])


@njit
def _value(left, right, turning, pulled, value, step, lost, gained):  # type: ignore[no-untyped-def]
    for lane in range(len(step)):
        difference = left[lane] - right[lane]
        value[lane] = right[lane] + difference * turning[lane]
        step[lane] = difference * pulled[lane]
        lost[lane] = turning[lane] * step[lane]
        gained[lane] = step[lane] - lost[lane]


@njit
def _pull(below, inside, step, lost, sums):  # type: ignore[no-untyped-def]
    for lane in range(len(sums)):
        sums[lane] += below * step[lane] - inside * lost[lane]


@njit
def _pull_right(inside, lost, sums):  # type: ignore[no-untyped-def]
    for lane in range(len(sums)):
        sums[lane] -= inside * lost[lane]


@njit
def _pull_left(gained, sums):  # type: ignore[no-untyped-def]
    for lane in range(len(sums)):
        sums[lane] += gained[lane]


@njit
def _up(left, right, first, bins, inside, below, turning, pulled, nodes, by_bin):  # type: ignore[no-untyped-def]
    """Fill the expectations of all splits, and add up what they pull, from the last one to the first."""
    leaves = len(nodes)
    step, lost, gained = np.empty(turning.shape[1]), np.empty(turning.shape[1]), np.empty(turning.shape[1])
    for split in range(len(left) - 1, -1, -1):
        one, other = left[split], right[split]
        _value(
            nodes[one if one >= 0 else leaves + one],
            nodes[other if other >= 0 else leaves + other],
            turning[split],
            pulled[split],
            nodes[split],
            step,
            lost,
            gained,
        )
        for entry in range(first[split], first[split + 1]):
            sums = by_bin[bins[entry]]
            if below[entry] == 0.0:
                _pull_right(inside[entry], lost, sums)
            elif below[entry] == 1.0:
                _pull_left(gained, sums)
            else:
                _pull(below[entry], inside[entry], step, lost, sums)


@njit
def _fill_leaves(value, label, leaves):  # type: ignore[no-untyped-def]
    for leaf in range(len(value)):
        for lane in range(leaves.shape[1]):
            leaves[leaf, lane] = value[leaf, label[lane]]


@njit
def _add(pair, roots, by_bin, mean, pull):  # type: ignore[no-untyped-def]
    """Add what was found to the sums of each lane's pair, if it has one."""
    for lane in range(len(pair)):
        to = pair[lane]
        if to >= 0:
            total = roots[0, lane]
            for root in range(1, len(roots)):
                total += roots[root, lane]
            mean[to] += total
            for at in range(len(by_bin)):
                pull[to, at] += by_bin[at, lane]


def _walk(  # type: ignore[no-untyped-def]
    roots,
    feature,
    left,
    right,
    value,
    start,
    share,
    inverse,
    first,
    bins,
    inside,
    below,
    codes,
    label,
    pair,
    mean,
    pull,
):
    splits = len(feature)
    width = codes.shape[2]
    turning, pulled, reach = np.empty((splits, width)), np.empty((splits, width)), np.ones((splits, width))
    nodes = np.empty((splits + len(value), width))
    by_bin = np.empty((pull.shape[1], width))
    for strip in range(len(codes)):
        _down(feature, left, right, start, share, inverse, codes[strip], turning, pulled, reach)
        rows = strip * width
        for turn in range(label.shape[1]):
            _fill_leaves(value, label[rows : rows + width, turn], nodes[splits:])
            by_bin[:] = 0.0
            _up(left, right, first, bins, inside, below, turning, pulled, nodes, by_bin)
            _add(pair[rows : rows + width, turn], nodes[:roots], by_bin, mean, pull)


_walk = compiled(_walk)
