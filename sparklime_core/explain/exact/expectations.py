"""Expectations of a compiled model under lime's kernel: its mean, how much each bin pulls it, and its variance.

A node's expectation, given that it is reached, is ``right + share * (left - right)``. The covariance of the model
with "the value is in bin b of feature j" is a sum over leaves of value, reach and ``P(b | leaf) - P(b)``. That
difference builds up along a path, at the splits on j only. What a bin adds to the expectation is therefore a sum
over these splits: of ``reach * s(all) / s(I) * (left - right) * (below - share * inside)``. Where I is all there
is, the second term is the same for all bins, and left out: at the end, effects are taken about their mean. A walk
of the trees gives both: down for the reach of every node, up for its expectation. All operations are elementwise,
and every sum is added up in the order of the splits of a `Block`: the bits do not depend on the rows that are
walked together.

The variance alone has no closed form: ``E[w f^2]`` couples every pair of trees. It comes from a pool (`Spread`).
Only R² needs it, so that its sampling error touches nothing else. A sample's weight depends only on the number of
features in which it agrees with the row. Weights and predictions are rounded to whole numbers whose products 64
bits add up: the sums are exact. Rounding costs a ten-millionth, far less than sampling.
"""

import itertools
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from sparklime_core.explain.compiled import compiled_or_numpy
from sparklime_core.explain.exact.columns import Column
from sparklime_core.explain.exact.splits import Block, Trees
from sparklime_core.explain.sampled.binned_pool import bit_planes
from sparklime_core.explain.types import BoolArray, FloatArray, IntArray, Positions


@dataclass(frozen=True)
class Expectations:
    """Expectations of m rows, d features with T bins, and K labels; those of labels that are not wanted are 0.

    Attributes
    ----------
    mean
        (m, K) ``E_w[f]``.
    covariance
        (m, d, K) of the model with "the value is in the row's own bin".
    pair
        (m, K) where each wanted label of a row is in the next two; -1 for the others.
    additive
        (p, d) what each feature adds to the variance of the best additive surrogate in all bins.
    effects
        (p, T) ``E_w[f | bin] - E_w[f]`` of each bin; (0, T) where they are not listed.
    """

    mean: FloatArray
    covariance: FloatArray
    pair: IntArray
    additive: FloatArray
    effects: FloatArray


class Found(NamedTuple):
    """What a walk fills for p pairs of a row and a label.

    Attributes
    ----------
    mean
        (p,) ``E_w[f]``, less the model's offset.
    own
        (p, d) the effects of the row's own bins.
    additive, effects
        As in `Expectations`.
    """

    mean: FloatArray
    own: FloatArray
    additive: FloatArray
    effects: FloatArray

    @classmethod
    def empty(cls, pairs: int, features: int, bins: int, *, listed: bool) -> "Found":
        """Make room."""
        shape = (pairs, features)
        return cls(np.zeros(pairs), np.zeros(shape), np.zeros(shape), np.zeros((listed * pairs, bins)))


def expectations(trees: Trees, own: IntArray, wanted: BoolArray, *, listed: bool) -> Expectations:
    """Return the expectations of the wanted labels (m, K) for rows of these bins (m, d).

    With `listed`, the effects of all bins are among them.
    """
    row, label = np.nonzero(wanted)
    pair = np.where(wanted, np.cumsum(wanted).reshape(wanted.shape) - 1, -1)
    # The first pass takes the first wanted label of each row, the second one the second, and so on.
    order = np.argsort(~wanted, axis=1, kind="stable")
    turns = int(wanted.sum(axis=1).max(initial=0))
    label_of_turn = np.ascontiguousarray(order[:, :turns])
    pair_of_turn = np.take_along_axis(pair, label_of_turn, axis=1)
    found = Found.empty(len(row), own.shape[1], len(trees.frequency), listed=listed)
    walk(trees, own - trees.starts[:-1], label_of_turn, pair_of_turn, found)
    mean = np.zeros(wanted.shape)
    mean[row, label] = found.mean + trees.offset[label]
    covariance = np.zeros((*own.shape, wanted.shape[1]))
    drawn = trees.frequency[own]
    factor = drawn + trees.rho * (1.0 - drawn)
    share = np.divide(drawn, factor, out=np.zeros_like(drawn), where=factor > 0)
    covariance[row, :, label] = share[row] * found.own
    return Expectations(mean, covariance, pair, found.additive, found.effects)


WALK_SIZE = 2**17
"""Splits times rows that numpy walks together, so that a walk's arrays stay small."""


def walk(trees: Trees, codes: IntArray, label: IntArray, pair: IntArray, found: Found) -> None:
    """Fill what is found of every pair.

    Parameters
    ----------
    codes
        (m, d) the place of each row's code among the codes of its feature.
    label, pair
        (m, turns) the labels that are wanted of each row, and which pair each is; -1 for none.
    """
    fill = compiled_or_numpy("tree_walks", "walk_trees", walk_numpy)
    fill(trees, codes, label, pair, found)


def walk_numpy(trees: Trees, codes: IntArray, label: IntArray, pair: IntArray, found: Found) -> None:
    """Walk block by block, level by level, as many rows at once as `WALK_SIZE` allows."""
    pull = np.zeros((len(found.mean), len(trees.frequency)))
    for block in trees.blocks:
        _walk_block(block, codes, label, pair, found.mean, pull)
    row, turn = np.nonzero(pair >= 0)
    describe_numpy(trees, codes[row], pull, pair[row, turn], found)


def describe_numpy(trees: Trees, codes: IntArray, pull: FloatArray, pair: IntArray, found: Found) -> None:
    """Centre the pulls (p, T) of pairs by the bins' shares around their rows, whose codes are (p, d)."""
    pull = np.ascontiguousarray(pull[pair].T)
    for feature, (begin, end) in enumerate(itertools.pairwise(trees.starts)):
        frequency, own = trees.frequency[begin:end, None], codes[:, feature] == np.arange(end - begin)[:, None]
        weight = np.where(own, frequency, trees.rho * frequency)
        mass = _total(weight)
        mass = np.where(mass > 0, mass, 1.0)
        effect = pull[begin:end] - _total(weight * pull[begin:end]) / mass
        found.own[pair, feature] = effect[codes[:, feature], np.arange(len(codes))]
        found.additive[pair, feature] = _total(weight * (effect * effect)) / mass
        if len(found.effects):
            found.effects[pair, begin:end] = effect.T


def _total(values: FloatArray) -> FloatArray:
    """Add up (k, m) one after the other: numpy's sum may pair them otherwise when there is one row."""
    total: FloatArray = np.add.accumulate(values, axis=0)[-1]
    return total


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
    return _total(nodes[: block.levels[1]]), step


EXACT_BITS = 62
"""Sums of products of whole numbers stay at or below 2 to this power."""

MOST_COUNTED = np.iinfo(np.uint16).max
"""Features that the compiled sums can count; numpy serves wider tables."""


@dataclass(frozen=True)
class Spread:
    """A pool of n samples, ready to be weighted for any row.

    Attributes
    ----------
    codes
        (d, n) the position of each sample's code among the codes of its feature, in as few bytes as hold it.
    powers
        (K, 2, n) the model's predictions about their mean, and their squares, as multiples of ``units``.
    units
        (K, 2).
    kernel
        (d + 1,) the weight of a sample by the number of features in which it agrees with the row.
    """

    codes: Positions
    powers: IntArray
    units: FloatArray
    kernel: FloatArray

    @classmethod
    def of_pool(
        cls, columns: tuple[Column, ...], codes: FloatArray, predictions: FloatArray, kernel: FloatArray
    ) -> "Spread":
        """Store a pool's codes (n, d) and predictions (n, K); the kernel is by the number of mismatches."""
        positions = np.stack([column.positions(codes[:, at]) for at, column in enumerate(columns)])
        centred = (predictions - predictions.mean(axis=0)).T
        powers = np.stack([centred, centred**2], axis=1)
        bits = bits_of(len(codes))
        units = np.ldexp(1.0, np.frexp(np.abs(powers).max(axis=2))[1] - bits)
        whole = np.rint(powers / units[:, :, None]).astype(np.int64, order="C")
        kind = np.min_scalar_type(max(len(column.codes) for column in columns))
        return cls(positions.astype(kind), whole, units, np.ascontiguousarray(kernel[::-1]))

    @cached_property
    def planes(self) -> npt.NDArray[np.uint32]:
        """The bits of ``codes``; see `bit_planes`."""
        return bit_planes(self.codes)

    def variance(self, positions: IntArray, wanted: BoolArray) -> FloatArray:
        """Return (m, K): the weighted variance for rows whose codes have these positions (m, d).

        That of labels that are not wanted (m, K) is 0.
        """
        row, label = np.nonzero(wanted)
        first = np.searchsorted(row, np.arange(len(wanted) + 1))
        sums = np.zeros((len(row), 3), dtype=np.int64)
        rows = positions.astype(self.codes.dtype)
        scale = 2.0 ** bits_of(self.codes.shape[1])
        fill = fill_variance_sums_numpy
        if rows.shape[1] <= MOST_COUNTED:
            fill = compiled_or_numpy("agreement_sums", "fill_variance_sums", fill_variance_sums_numpy)
        # numba would compile once more for a column of `np.nonzero`.
        label = np.ascontiguousarray(label)
        fill(self.codes, self.planes, self.powers, self.kernel, scale, rows, first, label, sums)
        total, of_values, of_squares = sums.T.astype(np.float64)
        total = np.where(total > 0, total, 1.0)
        mean, square = self.units[label].T * (of_values / total, of_squares / total)
        found = np.zeros(wanted.shape)
        found[row, label] = np.maximum(square - mean**2, 0.0)
        return found


def bits_of(samples: int) -> int:
    """Return how many bits a weight and a prediction have, each, when so many products are added."""
    return (EXACT_BITS - samples.bit_length()) // 2


def fill_variance_sums_numpy(
    codes: Positions,
    _planes: npt.NDArray[np.uint32],
    powers: IntArray,
    kernel: FloatArray,
    scale: float,
    rows: Positions,
    first: IntArray,
    label: IntArray,
    sums: IntArray,
) -> None:
    """Fill the weighted sums (p, 3): of ones, of predictions and of squares.

    Weights are shares of the largest that occurs around a row, so that a narrow kernel loses nothing.

    Parameters
    ----------
    codes, powers, kernel
        As in `Spread`.
    scale
        The whole number that stands for the largest weight.
    rows
        (m, d) the codes of the rows.
    first, label
        (m + 1,) where the pairs of each row begin, and (p,) the labels of the pairs.
    """
    for at, row in enumerate(rows):
        agreeing: npt.NDArray[np.int64] = (codes == row[:, None]).sum(axis=0)
        largest = kernel[agreeing.max()]
        if largest == 0.0:
            continue
        weights = np.rint(kernel / largest * scale).astype(np.int64)[agreeing]
        for pair in range(first[at], first[at + 1]):
            of_label = powers[label[pair]]
            sums[pair] = weights.sum(), (weights * of_label[0]).sum(), (weights * of_label[1]).sum()
