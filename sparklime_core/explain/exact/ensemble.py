"""A sum of trees in plain arrays."""

from dataclasses import dataclass, field, replace

import numpy as np

from sparklime_core.explain.exact.recoding import Recodings, recoded_rows
from sparklime_core.explain.types import BoolArray, FloatArray, IntArray


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
