"""Walks down trees, compiled by numba: those of the engine ``exact``, and those of a forest's predictions.

`walk_numpy` and `add_answers_one_by_one` give the same bits. The engine walks many rows at a time, which fill the
processor's vectors, tree by tree and depth first. What is known of a split on the way down is needed once more on
the way up, and lies in a stack: of so few numbers that they stay in the processor's first cache, however many
splits a tree has.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from sparklime_core.explain.compiled.cache import compiled
from sparklime_core.explain.types import FloatArray

LANES = 128
"""Rows that are walked together: enough to pay for asking whether the arrays of a loop overlap."""

FEW_LABELS = 10
"""Labels that are walked together: what they gather by bin must stay in the processor's second cache."""

FEW_CODES = 4
"""Up to so many codes, choosing among all of them is quicker than looking one up for each row."""

TO_THE_LEFT, TO_THE_RIGHT, UP = 0, 1, 2
"""Where a walk goes next from a split."""


def walk_trees(trees, codes, label, pair, mean, pull):  # type: ignore[no-untyped-def]
    """Add what trees give; see `expectations.walk`."""
    for first in range(0, label.shape[1], FEW_LABELS):
        some = slice(first, first + FEW_LABELS)
        _walk_labels(trees, codes, label[:, some], pair[:, some], mean, pull)  # type: ignore[no-untyped-call]


def _walk_labels(trees, codes, label, pair, mean, pull):  # type: ignore[no-untyped-def]
    width, turns = min(LANES, len(codes)), label.shape[1]
    rows = -(-len(codes) // width) * width
    padded = np.zeros((rows, codes.shape[1]), dtype=np.int32)
    padded[: len(codes)] = codes
    lanes = np.ascontiguousarray(padded.reshape(-1, width, codes.shape[1]).transpose(0, 2, 1))
    labels, pairs = np.zeros((rows, turns), dtype=np.int64), np.full((rows, turns), -1)
    labels[: len(codes)], pairs[: len(codes)] = label, pair
    sizes, by_bin = np.diff(trees.starts), np.empty((turns, pull.shape[1], width))
    for block in trees.blocks:
        depth = len(block.levels) - 1
        _walk(  # type: ignore[no-untyped-call]
            block.by_level[: block.levels[1]],
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
            sizes,
            lanes,
            labels,
            pairs,
            np.empty((3, depth, width)),
            np.empty((2, turns, depth, width)),
            by_bin,
            mean,
            pull,
        )


@njit(forceinline=True)
def _few(table, begin, last):  # type: ignore[no-untyped-def]
    """Return what a table has for each of a few codes; what there is no code for is of no use."""
    return table[begin], table[begin + min(1, last)], table[begin + min(2, last)], table[begin + min(3, last)]


@njit(forceinline=True)
def _pick(few, code):  # type: ignore[no-untyped-def]
    return (few[0] if code == 0 else few[1]) if code < 2 else (few[2] if code == 2 else few[3])


@njit(forceinline=True)
def _arrive(share, inverse, begin, last, codes, strip, feature, depth, turning, pulled, reach):  # type: ignore[no-untyped-def]
    """Fill, for a split, the share that turns left and the reach of the node over its mass."""
    if last < FEW_CODES:
        shares, inverses = _few(share, begin, last), _few(inverse, begin, last)
        for lane in range(codes.shape[2]):
            code = codes[strip, feature, lane]
            turning[depth, lane] = _pick(shares, code)
            pulled[depth, lane] = _pick(inverses, code) * reach[depth, lane]
    else:
        for lane in range(codes.shape[2]):
            entry = np.uint64(begin) + np.uint64(codes[strip, feature, lane])
            turning[depth, lane] = share[entry]
            pulled[depth, lane] = inverse[entry] * reach[depth, lane]


@njit(forceinline=True)
def _reach(side, depth, turning, reach):  # type: ignore[no-untyped-def]
    """Fill the probability of reaching a child."""
    if side == TO_THE_LEFT:
        for lane in range(reach.shape[1]):
            reach[depth + 1, lane] = reach[depth, lane] * turning[depth, lane]
    else:
        for lane in range(reach.shape[1]):
            reach[depth + 1, lane] = reach[depth, lane] - reach[depth, lane] * turning[depth, lane]


@njit(forceinline=True)
def _leaf(value, leaf, label, rows, of_children, side, depth):  # type: ignore[no-untyped-def]
    for turn in range(label.shape[1]):
        for lane in range(of_children.shape[3]):
            of_children[side, turn, depth, lane] = value[leaf, label[rows + lane, turn]]


@njit(forceinline=True)
def _rise(of_children, turn, depth, turning, pulled, value, step, lost, gained):  # type: ignore[no-untyped-def]
    """Fill the expectation of a split, and what its bins are pulled by."""
    for lane in range(len(step)):
        right = of_children[1, turn, depth, lane]
        difference, share = of_children[0, turn, depth, lane] - right, turning[depth, lane]
        value[lane] = right + difference * share
        step[lane] = difference * pulled[depth, lane]
        lost[lane] = share * step[lane]
        gained[lane] = step[lane] - lost[lane]


@njit(forceinline=True)
def _pull(first, last, bins, inside, below, step, lost, gained, by_bin, turn):  # type: ignore[no-untyped-def]
    for entry in range(first, last):
        at, part, left = bins[entry], inside[entry], below[entry]
        if left == 0.0:
            for lane in range(len(step)):
                by_bin[turn, at, lane] -= part * lost[lane]
        elif left == 1.0:
            for lane in range(len(step)):
                by_bin[turn, at, lane] += gained[lane]
        else:
            for lane in range(len(step)):
                by_bin[turn, at, lane] += left * step[lane] - part * lost[lane]


@njit(forceinline=True)
def _pass_on(value, of_children, total, turn, depth, towards):  # type: ignore[no-untyped-def]
    """Give the expectation of a split to the one above, or to the total."""
    if depth == 0:
        for lane in range(len(value)):
            total[turn, lane] += value[lane]
    else:
        side = towards[depth - 1] - 1
        for lane in range(len(value)):
            of_children[side, turn, depth - 1, lane] = value[lane]


@njit(forceinline=True)
def _add_to_pairs(pair, rows, total, by_bin, mean, pull):  # type: ignore[no-untyped-def]
    """Add what was found to the sums of each lane's pair, if it has one."""
    for turn in range(pair.shape[1]):
        for lane in range(total.shape[1]):
            to = pair[rows + lane, turn]
            if to >= 0:
                mean[to] += total[turn, lane]
                for at in range(by_bin.shape[1]):
                    pull[to, at] += by_bin[turn, at, lane]


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
    sizes,
    codes,
    label,
    pair,
    stack,
    of_children,
    by_bin,
    mean,
    pull,
):
    width = codes.shape[2]
    turning, pulled, reach = stack[0], stack[1], stack[2]
    path, towards = np.zeros(len(reach), dtype=np.int64), np.zeros(len(reach), dtype=np.int64)
    here, step, lost, gained = np.empty(width), np.empty(width), np.empty(width), np.empty(width)
    total = np.empty((label.shape[1], width))
    for strip in range(len(codes)):
        rows = strip * width
        by_bin[:], total[:], reach[0] = 0.0, 0.0, 1.0
        for root in roots:
            depth, path[0], towards[0] = 0, root, TO_THE_LEFT
            while depth >= 0:
                split, side = path[depth], towards[depth]
                if side == TO_THE_LEFT:
                    of = feature[split]
                    _arrive(
                        share,
                        inverse,
                        start[split],
                        sizes[of] - 1,
                        codes,
                        strip,
                        of,
                        depth,
                        turning,
                        pulled,
                        reach,
                    )
                if side != UP:
                    towards[depth] += 1
                    child = left[split] if side == TO_THE_LEFT else right[split]
                    if child < 0:
                        _leaf(value, len(value) + child, label, rows, of_children, side, depth)
                    else:
                        _reach(side, depth, turning, reach)
                        depth += 1
                        path[depth], towards[depth] = child, TO_THE_LEFT
                    continue
                for turn in range(label.shape[1]):
                    _rise(of_children, turn, depth, turning, pulled, here, step, lost, gained)
                    _pass_on(here, of_children, total, turn, depth, towards)
                    _pull(first[split], first[split + 1], bins, inside, below, step, lost, gained, by_bin, turn)
                depth -= 1
        _add_to_pairs(pair, rows, total, by_bin, mean, pull)


FOREST_LANES = 16
"""Rows that go down a tree side by side, so that none waits for another one's look into memory."""


def add_answers(
    read_nodes: Callable[[], Any], _trees: list[Any], rows: npt.NDArray[np.float32], total: FloatArray
) -> None:
    """Add the answers of a forest's trees to a total (n, K); ``read_nodes`` returns their `Nodes`."""
    nodes = read_nodes()
    _add_answers(nodes.roots, nodes.feature, nodes.threshold, nodes.children, nodes.value, rows, total)  # type: ignore[no-untyped-call]


@njit
def _go_down(root, feature, threshold, children, rows, first, at):  # type: ignore[no-untyped-def]
    """Fill the leaf of each lane."""
    for lane in range(len(at)):
        at[lane] = root
    moving = True
    while moving:
        moving = False
        for lane in range(len(at)):
            node = at[lane]
            side = 0 if rows[first + lane, feature[node]] <= threshold[node] else 1
            at[lane] = children[node, side]
            moving |= at[lane] != node


def _add_answers(roots, feature, threshold, children, value, rows, total):  # type: ignore[no-untyped-def]
    lanes = np.empty(FOREST_LANES, dtype=np.int64)
    for root in roots:
        for first in range(0, len(rows), FOREST_LANES):
            at = lanes[: min(FOREST_LANES, len(rows) - first)]
            _go_down(root, feature, threshold, children, rows, first, at)
            for lane in range(len(at)):
                for label in range(total.shape[1]):
                    total[first + lane, label] += value[at[lane], label]


_walk = compiled(_walk)
_add_answers = compiled(_add_answers)
