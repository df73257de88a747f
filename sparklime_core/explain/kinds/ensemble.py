"""`Ensemble`: a sum of trees in plain arrays, as kinds of models give it and the engine ``exact`` takes it.

Its splits may look at other values than those of LIME: a `Recoding` turns these into the model's own, gaps and
categories included.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from sparklime_core.explain.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Recoding:
    """A table from some values of one feature to others.

    Attributes
    ----------
    given
        (k,) values, ascending.
    becomes
        (k,) what they become; NaN is a gap.
    others_stay
        Whether a value that is not given stays as it is; it becomes a gap otherwise.
    border
        Values that are not above it are gaps; None where there are none.
    """

    given: FloatArray
    becomes: FloatArray
    others_stay: bool
    border: float | None = None

    @classmethod
    def of_gap(cls, sentinel: float) -> "Recoding":
        """Return what makes a sentinel a gap again."""
        return cls(np.array([sentinel]), np.array([np.nan]), others_stay=True)

    @classmethod
    def of_codes(cls, becomes: FloatArray) -> "Recoding":
        """Return what turns the codes 0, 1, ... into others."""
        return cls(np.arange(len(becomes), dtype=np.float64), becomes, others_stay=False)

    def __call__(self, values: FloatArray) -> FloatArray:
        """Return what values of any shape become."""
        found = self._looked_up(values)
        return found if self.border is None else np.where(values <= self.border, np.nan, found)

    def _looked_up(self, values: FloatArray) -> FloatArray:
        if not len(self.given):
            return values if self.others_stay else np.full_like(values, np.nan)
        at = np.minimum(np.searchsorted(self.given, values), len(self.given) - 1)
        return np.where(self.given[at] == values, self.becomes[at], values if self.others_stay else np.nan)


Recodings: TypeAlias = dict[int, tuple[Recoding, ...]]
"""By feature, one table after the other."""


def recoded(recodings: Recodings, feature: int, values: FloatArray) -> FloatArray:
    """Return what values of a feature become."""
    for recoding in recodings.get(feature, ()):
        values = recoding(values)
    return values


def recoded_rows(recodings: Recodings, rows: FloatArray) -> FloatArray:
    """Return rows (n, d) in a model's own values; the rows themselves where nothing is recoded."""
    if not recodings:
        return rows
    found = np.array(rows, dtype=np.float64)
    for feature in recodings:
        found[:, feature] = recoded(recodings, feature, found[:, feature])
    return found


@dataclass(frozen=True)
class CategorySet:
    """Categories of a split, by the model's own codes, and whether they are the ones that go to the left."""

    codes: FloatArray
    left: bool


@dataclass(frozen=True)
class Ensemble:
    """A model that is ``offset`` plus the sum of one leaf's value from each tree.

    Attributes
    ----------
    roots
        (T,) the node where each tree starts.
    left, right
        (M,) children of each node; -1 at a leaf.
    feature, threshold
        (M,) a row goes to the left where the feature is not above the threshold.
    value
        (M, K) what a leaf adds to each label.
    offset
        (K,) what is there without any split: the start of boosting, and trees that are one leaf.
    visits
        How many splits a training row passes, over all trees.
    single
        Whether values are compared as float32.
    gap_left
        (M,) where a gap goes to the left; None: there are none.
    chosen
        (M,) which of ``sets`` a split goes by instead of a threshold; -1 for none. None: no split does.
    sets
        The sets of categories.
    recodings
        From the values that LIME knows to those that the splits look at.
    """

    roots: IntArray
    left: IntArray
    right: IntArray
    feature: IntArray
    threshold: FloatArray
    value: FloatArray
    offset: FloatArray
    visits: float
    single: bool = True
    gap_left: BoolArray | None = None
    chosen: IntArray | None = None
    sets: tuple[CategorySet, ...] = ()
    recodings: Recodings = field(default_factory=dict)

    def scaled(self, factor: float) -> "Ensemble":
        """Return the ensemble whose sums are so many times these."""
        return replace(self, value=self.value * factor, offset=self.offset * factor)

    def turns_left(self, node: IntArray, values: FloatArray) -> BoolArray:
        """Return whether each of the model's own values goes to the left at the split of the same place."""
        compared = values.astype(np.float32) if self.single else values
        found: BoolArray = compared <= self.threshold[node]
        if self.chosen is not None:
            chosen = self.chosen[node]
            for at in np.unique(chosen[chosen >= 0]):
                here = chosen == at
                found[here] = np.isin(values[here], self.sets[at].codes) == self.sets[at].left
        gap = np.isnan(values)
        if gap.any():
            found[gap] = False if self.gap_left is None else self.gap_left[node[gap]]
        return found

    def predict(self, rows: FloatArray) -> FloatArray:
        """Return the sums (n, K) of rows (n, d), by walking down every tree."""
        own = recoded_rows(self.recodings, rows)
        roots = self.roots[self.left[self.roots] >= 0]
        node = np.repeat(roots[:, None], len(rows), axis=1)
        row = np.repeat(np.arange(len(rows))[None], len(roots), axis=0)
        while (inner := self.left[node] >= 0).any():
            at = node[inner]
            turning = self.turns_left(at, own[row[inner], self.feature[at]])
            node[inner] = np.where(turning, self.left[at], self.right[at])
        total: FloatArray = self.offset + self.value[node].sum(axis=0)
        return total


def one_label_a_tree(ensemble: Ensemble, label: IntArray, start: FloatArray) -> Ensemble:
    """Return boosted trees of one value a leaf with each tree's value at its own label.

    Parameters
    ----------
    ensemble
        Values (M, 1); its offset is replaced.
    label
        (T,) which score each tree adds to.
    start
        (S,) what each score starts from. Where there is one score of two classes, see `mirrored`.
    """
    tree = np.searchsorted(ensemble.roots, np.arange(len(ensemble.left)), side="right") - 1
    value = np.zeros((len(ensemble.left), len(start)))
    value[np.arange(len(tree)), label[tree]] = ensemble.value[:, 0]
    single = ensemble.roots[ensemble.left[ensemble.roots] < 0]
    return replace(ensemble, value=value, offset=start + value[single].sum(axis=0))


def mirrored(ensemble: Ensemble) -> Ensemble:
    """Return the log-odds of both classes: those of the first are those of the second with the other sign.

    The ensemble has one score, which is the log-odds of the second class, or a score of each class.
    """
    value, offset = ensemble.value[:, -1], ensemble.offset[-1]
    if len(ensemble.offset) == 2:
        value, offset = value - ensemble.value[:, 0], offset - ensemble.offset[0]
    return replace(ensemble, value=np.column_stack([-value, value]), offset=np.array([-offset, offset]))


@dataclass(frozen=True)
class TreeArrays:
    """One tree of m nodes, the root first.

    Attributes
    ----------
    left, right
        (m,) children; -1 at a leaf.
    feature, threshold, gap_left
        (m,) of splits: what is not above the threshold goes to the left, and a gap where ``gap_left`` is true.
    value
        (m, S) of leaves: what each adds to each of S scores.
    weight
        (m,) how many training rows reach a node, or what stands for it.
    chosen
        (m,) which set of categories a split goes by; -1 for none.
    """

    left: IntArray
    right: IntArray
    feature: IntArray
    threshold: FloatArray
    gap_left: BoolArray
    value: FloatArray
    weight: FloatArray
    chosen: IntArray


def assembled(
    trees: Sequence[TreeArrays],
    start: FloatArray,
    *,
    single: bool,
    sets: Sequence[CategorySet] = (),
    recodings: Recodings | None = None,
) -> Ensemble:
    """Return the sum of trees and of what each score starts from (S,).

    Parameters
    ----------
    single
        Whether the library compares values as float32.
    """
    sizes = np.array([len(tree.left) for tree in trees], dtype=np.int64)
    roots = np.cumsum(sizes) - sizes
    first = np.repeat(roots, sizes)
    left, right = (np.concatenate([getattr(tree, side) for tree in trees]) for side in ("left", "right"))
    inner = left >= 0
    value = np.concatenate([tree.value for tree in trees]).astype(np.float64)
    weight = np.concatenate([tree.weight for tree in trees]).astype(np.float64)
    chosen = np.concatenate([tree.chosen for tree in trees])
    share = np.divide(weight, weight[first], out=np.ones_like(weight), where=weight[first] > 0)
    return Ensemble(
        roots=roots,
        left=np.where(inner, left + first, -1),
        right=np.where(inner, right + first, -1),
        feature=np.where(inner, np.concatenate([tree.feature for tree in trees]), 0),
        threshold=np.where(inner, np.concatenate([tree.threshold for tree in trees]), 0.0),
        value=value,
        offset=start + value[roots[left[roots] < 0]].sum(axis=0),
        visits=float(share[inner].sum()),
        single=single,
        gap_left=np.concatenate([tree.gap_left for tree in trees]),
        chosen=chosen if (chosen >= 0).any() else None,
        sets=tuple(sets),
        recodings=recodings or {},
    )
