"""The walks of trees of the engine ``exact``, compiled by numba: the same bits as `walk_numpy`.

Many rows are walked at a time, which fill the processor's vectors, tree by tree and depth first. What is known of
a split on the way down is needed once more on the way up, and lies in a stack: of so few numbers that they stay in
the processor's first cache, however many splits a tree has. A split of two leaves, as every third one is, is
walked down and up in one loop.

Arrays that loops write to have one axis, and `LANES` is a constant: so the compiler knows how far two rows of
numbers are apart, and need not ask before each loop whether they overlap.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import numpy as np
from numba import njit

from sparklime_core.explain.compiled.bin_effects import fill_effects
from sparklime_core.explain.compiled.cache import compiled

LANES = 64
"""Rows that are walked together: many pay for what is done once per split, few suit small blocks."""

FEW_LABELS = 10
"""Labels that are walked together: what they gather by bin must stay in the processor's second cache."""

FEW_CODES = 4
"""Up to so many codes, choosing among all of them is quicker than looking one up for each row."""

TO_THE_LEFT, TO_THE_RIGHT, UP = 0, 1, 2
"""Where a walk goes next from a split."""

FEATURE, LEFT, RIGHT, START, LAST, FIRST, END, BASE = range(8)
FACTS = 8
"""What `Block.nodes` has of a split."""

TURNING, PULLED, REACH, HELD = 0, 1, 2, 3
"""What the stack holds of a split: the share that turns left, the reach of the node over its mass, the reach."""


def walk_trees(trees, codes, label, pair, found):
    """Add what trees give; see `expectations.walk`."""
    for first in range(0, label.shape[1], FEW_LABELS):
        some = slice(first, first + FEW_LABELS)
        _walk_labels(trees, codes, label[:, some], pair[:, some], found)


def _walk_labels(trees, codes, label, pair, found):
    strips, turns = -(-len(codes) // LANES), label.shape[1]
    bins = len(trees.frequency)
    lanes = _in_lanes(codes.astype(np.int32), strips, 0)
    labels, pairs = _in_lanes(label, strips, 0), _in_lanes(pair, strips, -1)
    total, sums = np.zeros(labels.shape), np.zeros((strips, turns, bins, LANES))
    by_bin, step = np.empty(turns * (bins + 1) * LANES), np.empty(2 * LANES)
    for block in trees.blocks:
        depths = len(block.levels)
        _walk(
            block.by_level[: block.levels[1]],
            block.nodes,
            block.value,
            block.share,
            block.inverse,
            block.bin,
            block.inside,
            block.below,
            lanes,
            labels,
            np.empty(HELD * (depths + 1) * LANES),
            np.empty(2 * turns * depths * LANES),
            step,
            by_bin,
            total.reshape(-1),
            sums.reshape(-1),
        )
    fill_effects(trees.frequency, trees.starts, trees.rho, lanes, pairs, total, sums, *found)


def _in_lanes(rows, strips, padding):
    """Return rows (n, k) as (strips, k, LANES), with a number for what is missing."""
    padded = np.full((strips * LANES, rows.shape[1]), padding, dtype=rows.dtype)
    padded[: len(rows)] = rows
    return np.ascontiguousarray(padded.reshape(strips, LANES, -1).transpose(0, 2, 1))


# Lists of arguments would have a line for each of them.
# fmt: off


@njit(forceinline=True)
def _at(begin, lane):
    """Return a place in an array; unsigned: none counts from the end."""
    return np.uint64(begin) + np.uint64(lane)


@njit(forceinline=True)
def _few(table, begin, last):
    """Return what a table has for each of a few codes; what there is no code for is of no use."""
    return table[begin], table[begin + min(1, last)], table[begin + min(2, last)], table[begin + min(3, last)]


@njit(forceinline=True)
def _pick(few, code):
    return (few[0] if code == 0 else few[1]) if code < 2 else (few[2] if code == 2 else few[3])


@njit(forceinline=True)
def _turn(table, begin, last, codes, own, here, side, stack):
    """Fill, for a split, the share that turns left, and the probability of reaching a child."""
    turning, reach, child = here + TURNING * LANES, here + REACH * LANES, here + (HELD + REACH) * LANES
    if last >= FEW_CODES:
        for lane in range(LANES):
            stack[_at(turning, lane)] = table[np.uint64(begin) + np.uint64(codes[_at(own, lane)])]
        _reach(here, side, stack)
        return
    few = _few(table, begin, last)
    if side == TO_THE_LEFT:
        for lane in range(LANES):
            share = _pick(few, codes[_at(own, lane)])
            stack[_at(turning, lane)] = share
            stack[_at(child, lane)] = stack[_at(reach, lane)] * share
    else:
        for lane in range(LANES):
            share, whole = _pick(few, codes[_at(own, lane)]), stack[_at(reach, lane)]
            stack[_at(turning, lane)] = share
            stack[_at(child, lane)] = whole - whole * share


@njit(forceinline=True)
def _reach(here, side, stack):
    """Fill the probability of reaching a child."""
    turning, reach, child = here + TURNING * LANES, here + REACH * LANES, here + (HELD + REACH) * LANES
    if side == TO_THE_LEFT:
        for lane in range(LANES):
            stack[_at(child, lane)] = stack[_at(reach, lane)] * stack[_at(turning, lane)]
    else:
        for lane in range(LANES):
            whole = stack[_at(reach, lane)]
            stack[_at(child, lane)] = whole - whole * stack[_at(turning, lane)]


@njit(forceinline=True)
def _over_mass(table, begin, last, codes, own, here, stack):
    """Fill the reach of a split over its mass."""
    pulled, reach = here + PULLED * LANES, here + REACH * LANES
    if last < FEW_CODES:
        few = _few(table, begin, last)
        for lane in range(LANES):
            stack[_at(pulled, lane)] = _pick(few, codes[_at(own, lane)]) * stack[_at(reach, lane)]
    else:
        for lane in range(LANES):
            entry = np.uint64(begin) + np.uint64(codes[_at(own, lane)])
            stack[_at(pulled, lane)] = table[entry] * stack[_at(reach, lane)]


@njit(forceinline=True)
def _leaf(value, leaf, labels, strip, turns, values, depths, depth, side):
    """Fill what a leaf adds to each row's labels."""
    width = value.shape[1]
    for turn in range(turns):
        to, own = ((turn * depths + depth) * 2 + side) * LANES, (strip * turns + turn) * LANES
        if width <= 2:
            first, last = value[leaf, 0], value[leaf, width - 1]
            for lane in range(LANES):
                values[_at(to, lane)] = first if labels[_at(own, lane)] == 0 else last
        else:
            for lane in range(LANES):
                values[_at(to, lane)] = value[leaf, np.uint64(labels[_at(own, lane)])]


@njit(forceinline=True)
def _rise(here, whole, children, to, entry, stack, values, step, by_bin):
    """Fill the expectation of a split and its step, and pull the first bin."""
    turning, pulled = here + TURNING * LANES, here + (REACH if whole else PULLED) * LANES
    first, left, part = entry
    if whole:
        for lane in range(LANES):
            right = values[_at(children + LANES, lane)]
            difference = values[_at(children, lane)] - right
            moved = difference * stack[_at(pulled, lane)]
            values[_at(to, lane)] = right + difference * stack[_at(turning, lane)]
            step[_at(0, lane)] = moved
            by_bin[_at(first, lane)] += left * moved
    else:
        for lane in range(LANES):
            right = values[_at(children + LANES, lane)]
            difference, share = values[_at(children, lane)] - right, stack[_at(turning, lane)]
            moved = difference * stack[_at(pulled, lane)]
            lost = share * moved
            values[_at(to, lane)] = right + difference * share
            step[_at(0, lane)], step[_at(LANES, lane)] = moved, lost
            by_bin[_at(first, lane)] += left * moved - part * lost


@njit(forceinline=True)
def _pull(first, end, whole, bins, inside, below, step, by_bin, begin):
    """Pull the other bins of a split."""
    for entry in range(first + 1, end):
        to, left, part = begin + bins[_at(entry, 0)] * LANES, below[_at(entry, 0)], inside[_at(entry, 0)]
        if whole:
            for lane in range(LANES):
                by_bin[_at(to, lane)] += left * step[_at(0, lane)]
        else:
            for lane in range(LANES):
                by_bin[_at(to, lane)] += left * step[_at(0, lane)] - part * step[_at(LANES, lane)]


@njit(forceinline=True)
def _twig(
    few, inverses, lefts, rights, codes, own, labels, mine, reach, to, whole, entry, stack, values, step, by_bin
):
    """Walk a split of two leaves: fill its expectation and its step, and pull the first bin."""
    first, left, part = entry
    if whole:
        for lane in range(LANES):
            one = labels[_at(mine, lane)] == 0
            right = rights[0] if one else rights[1]
            difference = (lefts[0] if one else lefts[1]) - right
            moved = difference * stack[_at(reach, lane)]
            values[_at(to, lane)] = right + difference * _pick(few, codes[_at(own, lane)])
            step[_at(0, lane)] = moved
            by_bin[_at(first, lane)] += left * moved
    else:
        for lane in range(LANES):
            one, code = labels[_at(mine, lane)] == 0, codes[_at(own, lane)]
            right, share = rights[0] if one else rights[1], _pick(few, code)
            difference = (lefts[0] if one else lefts[1]) - right
            moved = difference * (_pick(inverses, code) * stack[_at(reach, lane)])
            lost = share * moved
            values[_at(to, lane)] = right + difference * share
            step[_at(0, lane)], step[_at(LANES, lane)] = moved, lost
            by_bin[_at(first, lane)] += left * moved - part * lost


@njit(forceinline=True)
def _first_entry(first, end, bins, inside, below, begin, sink):
    """Return where the first bin of a split is, and its shares; a place of no use where it has no bins."""
    if first == end:
        return begin + sink, 0.0, 0.0
    at = _at(first, 0)
    return begin + bins[at] * LANES, below[at], inside[at]


@njit(forceinline=True)
def _rises(
    first, end, whole, here, above, depth, turns, depths, of_turn, sink, bins, inside, below, stack, values, step,
    by_bin
):
    """Give the expectation of a split to the one above, for all labels."""
    for turn in range(turns):
        children = (turn * depths + depth) * 2 * LANES
        entry = _first_entry(first, end, bins, inside, below, turn * of_turn, sink)
        _rise(here, whole, children, children + (above - 2) * LANES, entry, stack, values, step, by_bin)
        _pull(first, end, whole, bins, inside, below, step, by_bin, turn * of_turn)


@njit(forceinline=True)
def _twigs(
    begin, last, on_left, on_right, first, end, whole, own, here, above, depth, strip, turns, depths, of_turn,
    sink, width, value, share, inverse, bins, inside, below, codes, labels, stack, values, step, by_bin
):
    """Walk a split of two leaves, for all labels."""
    few, inverses = _few(share, begin, last), _few(inverse, begin, last)
    one, other = len(value) + on_left, len(value) + on_right
    lefts = value[one, 0], value[one, width - 1]
    rights = value[other, 0], value[other, width - 1]
    for turn in range(turns):
        to = ((turn * depths + depth - 1) * 2 + above) * LANES
        mine, reach = (strip * turns + turn) * LANES, here + REACH * LANES
        entry = _first_entry(first, end, bins, inside, below, turn * of_turn, sink)
        _twig(
            few, inverses, lefts, rights, codes, own, labels, mine, reach, to, whole, entry, stack, values, step,
            by_bin
        )
        _pull(first, end, whole, bins, inside, below, step, by_bin, turn * of_turn)


@njit(forceinline=True)
def _begin(
    begin, last, on_left, whole, own, here, depth, strip, turns, depths, value, share, inverse, codes, labels,
    stack, values
):
    """Go down from a split to its first child that is a split too, or to its right leaf; return on which side."""
    side = TO_THE_LEFT
    if on_left < 0:
        _leaf(value, len(value) + on_left, labels, strip, turns, values, depths, depth, TO_THE_LEFT)
        side = TO_THE_RIGHT
    _turn(share, begin, last, codes, own, here, side, stack)
    if not whole:
        _over_mass(inverse, begin, last, codes, own, here, stack)
    return side


@njit(forceinline=True)
def _walk_tree(
    root, strip, turns, depths, of_turn, sink, wide, width, path, towards, nodes, value, share, inverse, bins,
    inside, below, codes, labels, stack, values, step, by_bin
):
    """Walk a tree, for the rows of a strip."""
    depth, path[1], towards[1], towards[0] = 1, root, TO_THE_LEFT, TO_THE_RIGHT
    while depth > 0:
        here, above = depth * HELD * LANES, towards[depth - 1] - 1
        node, side = path[depth] * FACTS, towards[depth]
        of, begin, last = nodes[_at(node, FEATURE)], nodes[_at(node, START)], nodes[_at(node, LAST)]
        on_left, on_right = nodes[_at(node, LEFT)], nodes[_at(node, RIGHT)]
        first, end = nodes[_at(node, FIRST)], nodes[_at(node, END)]
        whole, own = nodes[_at(node, BASE)] >= 0, (strip * wide + of) * LANES
        if on_left < 0 and on_right < 0 and width <= 2 and last < FEW_CODES:
            _twigs(
                begin, last, on_left, on_right, first, end, whole, own, here, above, depth, strip, turns, depths,
                of_turn, sink, width, value, share, inverse, bins, inside, below, codes, labels, stack, values,
                step, by_bin
            )
            depth -= 1
            continue
        if side == UP:
            _rises(
                first, end, whole, here, above, depth, turns, depths, of_turn, sink, bins, inside, below, stack,
                values, step, by_bin
            )
            depth -= 1
            continue
        if side == TO_THE_LEFT:
            side = _begin(
                begin, last, on_left, whole, own, here, depth, strip, turns, depths, value, share, inverse, codes,
                labels, stack, values
            )
        elif on_right >= 0:
            _reach(here, TO_THE_RIGHT, stack)
        towards[depth] = side + 1
        child = on_left if side == TO_THE_LEFT else on_right
        if child < 0:
            _leaf(value, len(value) + on_right, labels, strip, turns, values, depths, depth, TO_THE_RIGHT)
        else:
            depth += 1
            path[depth], towards[depth] = child, TO_THE_LEFT


def _walk(
    roots, nodes, value, share, inverse, bins, inside, below, codes, labels, stack, values, step, by_bin, total,
    sums
):
    strips, turns, width, wide = labels.shape[0], labels.shape[1], value.shape[1], codes.shape[1]
    codes, labels, nodes = codes.reshape(-1), labels.reshape(-1), nodes.reshape(-1)
    depths, of_turn = len(values) // (2 * turns * LANES), len(by_bin) // turns
    sink = of_turn - LANES
    path, towards = np.zeros(depths + 1, dtype=np.int64), np.zeros(depths + 1, dtype=np.int64)
    of_block = np.empty(turns * LANES)
    for strip in range(strips):
        by_bin[:], of_block[:] = 0.0, 0.0
        stack[(HELD + REACH) * LANES : (HELD + REACH + 1) * LANES] = 1.0
        for root in roots:
            _walk_tree(
                root, strip, turns, depths, of_turn, sink, wide, width, path, towards, nodes, value, share,
                inverse, bins, inside, below, codes, labels, stack, values, step, by_bin
            )
            for turn in range(turns):
                of_root = turn * depths * 2 * LANES
                for lane in range(LANES):
                    of_block[_at(turn * LANES, lane)] += values[_at(of_root, lane)]
        _add(of_block, 0, total, strip * len(of_block), len(of_block))
        for turn in range(turns):
            _add(by_bin, turn * of_turn, sums, (strip * turns + turn) * sink, sink)


@njit(forceinline=True)
def _add(numbers, begin, to, there, size):
    for at in range(size):
        to[_at(there, at)] += numbers[_at(begin, at)]


_walk = compiled(_walk)
