"""Compile an ensemble against an explainer: what every split does to every expectation, as tables by bin.

Under lime's kernel the features stay independent, so that the probability of reaching a node is a product over
features of the mass of an interval. Walking down from a node to its left child changes one factor only, that of
the feature it splits on: from the mass of its interval at the node to the mass of the part below the threshold.
A split therefore needs two numbers for each bin that a row can have: see `Block`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from sparklime_core.explain.exact.columns import Column
from sparklime_core.explain.exact.ensemble import Ensemble
from sparklime_core.explain.types import FloatArray, IntArray

BLOCK_SPLITS = 4_096
"""Splits that are walked together: whole trees, as many as keep the arrays of a walk in the processor's cache."""


@dataclass(frozen=True)
class Level:
    """The n splits of one depth in a block's trees; their children are counted left ones first, then right ones.

    Attributes
    ----------
    splits
        Which of the block's splits they are.
    inner
        Children that are the splits of the next level, in their order.
    leaves
        Children that are leaves.
    value
        (leaves, K) what they add to each label.
    """

    splits: slice
    inner: IntArray
    leaves: IntArray
    value: FloatArray


@dataclass(frozen=True)
class Block:
    """Some trees, level by level.

    With ``g(I, b)`` the frequency of drawing bin b and a value in the interval I of it, ``r`` the row's bin, and
    the kernel's factor rho for a feature that differs from the row's, the mass of I under lime's kernel is
    ``s(I) = rho * sum_b g(I, b) + (1 - rho) * g(I, r)``, up to a constant. A split has the interval I at its node
    and L of it on the left.

    Attributes
    ----------
    feature
        (n,) feature of each split.
    start
        (n,) where the entries of each split begin: one for each code of the feature that a row can have.
    share
        (E,) ``s(L) / s(I)``: the probability of turning left at the node.
    tilt
        (E,) ``share * (g(L, r) / s(L) - g(I, r) / s(I))``: that probability, times what turning left adds to the
        probability that the value comes from the row's own bin.
    levels
        The walk, from the roots down.
    by_feature
        (d, n) ones where a split is on a feature.
    """

    feature: IntArray
    start: IntArray
    share: FloatArray
    tilt: FloatArray
    levels: tuple[Level, ...]
    by_feature: csr_array


@dataclass(frozen=True)
class _Cuts:
    """The thresholds of one feature, numbered from 1; 0 is below all of them, and the last number above all.

    ``below`` (t + 2, B) is the frequency of drawing each code and a value that is below.
    """

    thresholds: FloatArray
    below: FloatArray


def compile_blocks(ensemble: Ensemble, columns: tuple[Column, ...], rho: float) -> tuple[Block, ...]:
    """Compile all trees that split at all."""
    cuts = tuple(_cuts(ensemble, feature, column) for feature, column in enumerate(columns))
    number = np.zeros(len(ensemble.left), dtype=np.int64)
    inner = ensemble.left >= 0
    for feature, cut in enumerate(cuts):
        at = np.flatnonzero(inner & (ensemble.feature == feature))
        number[at] = np.searchsorted(cut.thresholds, ensemble.threshold[at]) + 1
    return tuple(_compile(ensemble, roots, number, cuts, rho) for roots in _groups(ensemble))


def tree_sizes(ensemble: Ensemble) -> IntArray:
    """Return the number of splits of each tree."""
    splits = np.concatenate([[0], np.cumsum(ensemble.left >= 0)])
    ends = np.append(ensemble.roots[1:], len(ensemble.left))
    sizes: IntArray = splits[ends] - splits[ensemble.roots]
    return sizes


def _groups(ensemble: Ensemble) -> Iterator[IntArray]:
    sizes = tree_sizes(ensemble)
    group: list[int] = []
    held = 0
    for root, size in zip(ensemble.roots[sizes > 0], sizes[sizes > 0], strict=True):
        if group and held + size > BLOCK_SPLITS:
            yield np.array(group)
            group, held = [], 0
        group.append(root)
        held += size
    if group:
        yield np.array(group)


def _cuts(ensemble: Ensemble, feature: int, column: Column) -> _Cuts:
    thresholds = np.unique(ensemble.threshold[(ensemble.left >= 0) & (ensemble.feature == feature)])
    below = np.zeros((len(thresholds) + 2, len(column.codes)))
    below[1:-1] = column.frequency * column.share_below(thresholds)
    below[-1] = column.frequency
    return _Cuts(thresholds, below)


def _compile(ensemble: Ensemble, roots: IntArray, number: IntArray, cuts: tuple[_Cuts, ...], rho: float) -> Block:
    levels: list[Level] = []
    nodes: list[IntArray] = []
    intervals: list[IntArray] = []
    node = roots
    low = np.zeros((len(roots), len(cuts)), dtype=np.int32)
    high = np.tile(np.array([len(cut.below) - 1 for cut in cuts], dtype=np.int32), (len(roots), 1))
    done = 0
    while len(node):
        each, feature, cut = np.arange(len(node)), ensemble.feature[node], number[node]
        nodes.append(node)
        intervals.append(np.column_stack([low[each, feature], cut, high[each, feature]]))
        low, high = np.concatenate([low, low]), np.concatenate([high, high])
        high[each, feature] = cut
        low[len(node) + each, feature] = cut
        child = np.concatenate([ensemble.left[node], ensemble.right[node]])
        is_split = ensemble.left[child] >= 0
        inner, leaves = np.flatnonzero(is_split), np.flatnonzero(~is_split)
        levels.append(Level(slice(done, done + len(node)), inner, leaves, ensemble.value[child[leaves]]))
        done += len(node)
        node, low, high = child[inner], low[inner], high[inner]
    feature = ensemble.feature[np.concatenate(nodes)]
    return _tabulate(feature, np.concatenate(intervals), tuple(levels), cuts, rho)


def _tabulate(
    feature: IntArray, intervals: IntArray, levels: tuple[Level, ...], cuts: tuple[_Cuts, ...], rho: float
) -> Block:
    """Fill the tables; ``intervals`` (n, 3) are the cuts of each split: its lower end, threshold, upper end."""
    entries = np.array([cut.below.shape[1] for cut in cuts])[feature]
    start = np.cumsum(entries) - entries
    share, tilt = np.empty(entries.sum()), np.empty(entries.sum())
    for at, cut in enumerate(cuts):
        here = np.flatnonzero(feature == at)
        low, middle, high = cut.below[intervals[here].T]
        all_of_it, on_the_left = np.maximum(high - low, 0.0), np.maximum(middle - low, 0.0)
        mass, left_mass = _mass(all_of_it, rho), _mass(on_the_left, rho)
        # A node that lime never draws has no mass; whatever its split does is multiplied by 0.
        reached = np.where(mass > 0, mass, 1.0)
        turn = np.minimum(left_mass / reached, 1.0)
        place = start[here][:, None] + np.arange(cut.below.shape[1])
        share[place] = turn
        tilt[place] = (on_the_left - turn * all_of_it) / reached
    ones = np.ones(len(feature))
    by_feature = csr_array((ones, (feature, np.arange(len(feature)))), shape=(len(cuts), len(feature)))
    return Block(feature, start, share, tilt, levels, by_feature)


def _mass(frequency: FloatArray, rho: float) -> FloatArray:
    """Return ``s`` of intervals (n, B) for each bin that the row can have."""
    mass: FloatArray = rho * frequency.sum(axis=1, keepdims=True) + (1.0 - rho) * frequency
    return mass
