"""Compile an ensemble against an explainer: what every split does to every expectation, as tables by bin.

Under lime's kernel the features stay independent, so that the probability of reaching a node is a product over
features of the mass of an interval. Walking down from a node to its left child changes one factor only, that of
the feature it splits on: from the mass of its interval at the node to the mass of the part below the threshold.
A split therefore needs two numbers for each bin that a row can have, and two more for each bin that its interval
reaches into: see `Block`.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sparklime_core.explain.exact.columns import Column, PointSplits, point_splits
from sparklime_core.explain.kinds.ensemble import Ensemble
from sparklime_core.explain.types import FloatArray, IntArray

BLOCK_SPLITS = 4_096
"""Splits that are walked together: whole trees, as many as keep the arrays of a walk in the processor's cache."""


@dataclass(frozen=True)
class Block:
    """Some trees, one after the other; in each, a split comes after all on its left, and then on its right.

    With ``g(I, b)`` the frequency of drawing bin b and a value in the interval I of it, ``r`` the row's bin, and
    the kernel's factor rho for a feature that differs from the row's, the mass of I under lime's kernel is
    ``s(I) = rho * sum_b g(I, b) + (1 - rho) * g(I, r)``, up to a constant. A split has the interval I at its node
    and L of it on the left.

    Attributes
    ----------
    by_level
        (n,) the splits from the roots downwards.
    levels
        (depth + 1,) where those of each depth begin.
    feature
        (n,) feature of each split.
    left, right
        (n,) the split that a child is, or, where it is a leaf, its number among the leaves less their number.
    value
        (leaves, K) what each leaf adds to each label.
    start
        (n,) where the entries of each split begin in the next two: one for each code of the feature.
    share
        ``s(L) / s(I)`` for a row of that code: the probability of turning left at the node.
    inverse
        ``s(all) / s(I)`` likewise.
    base
        (n,) -1, or, where I is all there is, what ``below`` is less: 0 or 1, which leaves fewer entries. That is
        the same for all bins, and effects are about their mean.
    first
        (n + 1,) where the entries of each split begin in the next three: one for each bin that I reaches into;
        none where it lies in a single one, whose samples turn left as often as all. Where I is all there is, one
        for each bin of which ``below`` is not 0.
    bin
        Which bin, among those of all features.
    inside, below
        Which share of the bin is in I, or 0 where that is all there is, and which share is in L.
    """

    by_level: IntArray
    levels: IntArray
    feature: IntArray
    left: IntArray
    right: IntArray
    value: FloatArray
    start: IntArray
    share: FloatArray
    inverse: FloatArray
    base: npt.NDArray[np.int8]
    first: IntArray
    bin: npt.NDArray[np.int32]
    inside: FloatArray
    below: FloatArray

    @cached_property
    def nodes(self) -> npt.NDArray[np.int32]:
        """What a walk needs of each split (n, 8), in one line of the processor's cache.

        Feature, left, right, start, the feature's last code, begin and end of the split's entries, base.
        """
        codes = np.diff(np.append(self.start, len(self.share)))
        first, end = self.first[:-1], self.first[1:]
        facts = (self.feature, self.left, self.right, self.start, codes - 1, first, end, self.base)
        return np.stack(facts, axis=1).astype(np.int32)


@dataclass(frozen=True)
class Trees:
    """A model that is compiled against d features, whose T bins are counted end to end.

    Attributes
    ----------
    blocks
        The trees that split at all.
    offset
        (K,) the rest.
    starts
        (d + 1,) where the bins of each feature begin.
    frequency
        (T,) how often lime draws each.
    rho
        The kernel's factor for a feature that differs from the row's.
    """

    blocks: tuple[Block, ...]
    offset: FloatArray
    starts: IntArray
    frequency: FloatArray
    rho: float


@dataclass(frozen=True)
class _Cuts:
    """The thresholds of one feature, numbered from 1; 0 is below all of them, and the last number above all.

    ``below`` (t + 2, B) is the share of each code's values that is below.
    """

    thresholds: FloatArray
    below: FloatArray


def compile_trees(ensemble: Ensemble, columns: tuple[Column, ...], rho: float) -> Trees:
    """Compile all trees that split at all."""
    cuts = tuple(_cuts(ensemble, feature, column) for feature, column in enumerate(columns))
    points = point_splits(ensemble, columns)
    number = np.zeros(len(ensemble.left), dtype=np.int64)
    inner = ensemble.left >= 0
    for feature, cut in enumerate(cuts):
        at = np.flatnonzero(inner & (ensemble.feature == feature))
        number[at] = np.searchsorted(cut.thresholds, ensemble.threshold[at]) + 1
    starts = np.cumsum([0, *(len(column.codes) for column in columns)])
    frequency = np.concatenate([column.frequency for column in columns])
    blocks = tuple(
        _tabulate(_walked(ensemble, roots, number, cuts, points), columns, cuts, points, starts, rho)
        for roots in _groups(ensemble)
    )
    return Trees(blocks, ensemble.offset, starts, frequency, rho)


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
    below[1:-1] = column.share_below(thresholds, single=ensemble.single)
    below[-1] = 1.0
    return _Cuts(thresholds, below)


@dataclass(frozen=True)
class _Walked:
    """The splits of some trees, as a `Block` has them.

    ``intervals`` (n, 3) are cuts: lower end, threshold, upper end. ``subsets`` (n, 2) are numbers of the sets of
    points at the node and on its left, where the feature has them.
    """

    by_level: IntArray
    levels: IntArray
    feature: IntArray
    left: IntArray
    right: IntArray
    value: FloatArray
    intervals: IntArray
    subsets: IntArray


def _walked(
    ensemble: Ensemble, roots: IntArray, number: IntArray, cuts: tuple[_Cuts, ...], points: PointSplits
) -> _Walked:
    nodes: list[IntArray] = []
    intervals: list[IntArray] = []
    subsets: list[IntArray] = []
    node, held = roots, np.zeros((len(roots), points.features), dtype=np.int64)
    low = np.zeros((len(roots), len(cuts)), dtype=np.int32)
    high = np.tile(np.array([len(cut.below) - 1 for cut in cuts], dtype=np.int32), (len(roots), 1))
    while len(node):
        each, feature = np.arange(len(node)), ensemble.feature[node]
        lower, upper = low[each, feature], high[each, feature]
        # Symmetric trees also split beyond an interval, where nothing is left on one side.
        cut = np.clip(number[node], lower, upper)
        nodes.append(node)
        intervals.append(np.column_stack([lower, cut, upper]))
        subset, held = points.split(node, feature, held)
        subsets.append(subset)
        low, high = np.concatenate([low, low]), np.concatenate([high, high])
        high[each, feature] = cut
        low[len(node) + each, feature] = cut
        child = np.concatenate([ensemble.left[node], ensemble.right[node]])
        inner = np.flatnonzero(ensemble.left[child] >= 0)
        node, low, high, held = child[inner], low[inner], high[inner], held[inner]
    splits = np.concatenate(nodes)
    children = np.concatenate([ensemble.left[splits], ensemble.right[splits]])
    leaves = children[ensemble.left[children] < 0]
    levels = np.cumsum([0, *map(len, nodes)])
    place = np.empty(len(ensemble.left), dtype=np.int64)
    place[splits] = np.arange(len(splits))
    place[leaves] = np.arange(len(leaves)) - len(leaves)
    by_level = _post_order(levels, place[ensemble.left[splits]], place[ensemble.right[splits]])
    place[splits] = by_level
    order = np.argsort(by_level)
    return _Walked(
        by_level,
        levels,
        ensemble.feature[splits][order],
        place[ensemble.left[splits]][order],
        place[ensemble.right[splits]][order],
        ensemble.value[leaves],
        np.concatenate(intervals)[order],
        np.concatenate(subsets)[order],
    )


def _post_order(levels: IntArray, left: IntArray, right: IntArray) -> IntArray:
    """Number splits (n,), which stand level by level, as a `Block` has them: by tree, children before parents.

    Children are splits too, or negative.
    """
    depths = [slice(begin, end) for begin, end in itertools.pairwise(levels)]
    # One entry more, so that what a leaf is looked up by (-1) finds no splits.
    size, first = np.append(np.ones(len(left), dtype=np.int64), 0), np.zeros(len(left) + 1, dtype=np.int64)
    left, right = np.maximum(left, -1), np.maximum(right, -1)
    for here in depths[::-1]:
        size[here] += size[left[here]] + size[right[here]]
    first[depths[0]] = np.cumsum(size[depths[0]]) - size[depths[0]]
    for here in depths:
        first[left[here]] = first[here]
        first[right[here]] = first[here] + size[left[here]]
    numbers: IntArray = (first + size - 1)[:-1]
    return numbers


def _tabulate(
    walked: _Walked,
    columns: tuple[Column, ...],
    cuts: tuple[_Cuts, ...],
    points: PointSplits,
    starts: IntArray,
    rho: float,
) -> Block:
    """Fill the tables."""
    feature = walked.feature
    entries = np.diff(starts)[feature]
    start = np.cumsum(entries) - entries
    share, inverse, inside, below = (np.empty(entries.sum()) for _ in range(4))
    base = np.full(len(feature), -1, dtype=np.int8)
    for at, (column, cut) in enumerate(zip(columns, cuts, strict=True)):
        here = np.flatnonzero(feature == at)
        low, middle, high = cut.below[walked.intervals[here].T]
        within, on_the_left = np.maximum(high - low, 0.0), np.maximum(middle - low, 0.0)
        points.put(at, walked.subsets[here], within, on_the_left)
        mass, left_mass = (_mass(column.frequency * part, rho) for part in (within, on_the_left))
        # A node that lime never draws has no mass; what its split does is multiplied by 0.
        reached = np.where(mass > 0, mass, 1.0)
        place = start[here][:, None] + np.arange(cut.below.shape[1])
        share[place] = np.minimum(left_mass / reached, 1.0)
        whole = (within == 1.0).all(axis=1)
        everything = _mass(column.frequency[None], rho)
        inverse[place] = np.where(whole[:, None], 1.0, everything / reached)
        shorter = (on_the_left != 1.0).sum(axis=1) < (on_the_left != 0.0).sum(axis=1)
        base[here] = np.where(whole, shorter, -1)
        inside[place] = np.where(whole[:, None], 0.0, within)
        below[place] = on_the_left - (whole & shorter)[:, None]
    split = np.repeat(np.arange(len(feature)), entries)
    whole = (base >= 0)[split]
    counted = np.where(whole, 1.0, inside) > 0
    several = np.bincount(split[counted], minlength=len(feature)) > 1
    kept = np.where(whole, below != 0.0, counted) & several[split]
    bins = starts[feature][split] + np.arange(len(split)) - start[split]
    return Block(
        walked.by_level,
        walked.levels,
        feature,
        walked.left,
        walked.right,
        walked.value,
        start,
        share,
        inverse,
        base,
        np.cumsum([0, *np.bincount(split[kept], minlength=len(feature))]),
        bins[kept].astype(np.int32),
        inside[kept],
        below[kept],
    )


def _mass(frequency: FloatArray, rho: float) -> FloatArray:
    """Return ``s`` of intervals (n, B) for each bin that the row can have."""
    mass: FloatArray = rho * frequency.sum(axis=1, keepdims=True) + (1.0 - rho) * frequency
    return mass
