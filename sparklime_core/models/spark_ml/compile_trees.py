"""Trees over Spark's feature vector to trees over the features of a dataset.

A place of the vector is a number of the dataset, or a value for each code of a category. A split on the former is
a threshold, with a side for gaps; one on the latter is a set of codes, also where Spark compares with a threshold.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sparklime_core.explain.exact.ensemble import CategorySet, Ensemble
from sparklime_core.explain.exact.recoding import Recoding, Recodings
from sparklime_core.explain.kinds.tree_arrays import TreeArrays, assembled
from sparklime_core.models.spark_ml.saved_trees import SavedTree
from sparklime_core.models.spark_ml.slots import Codes, Number, Slot

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]


def compile_ensemble(
    trees: Sequence[SavedTree], values: Sequence[FloatArray], slots: Sequence[Slot], gaps: dict[int, float]
) -> Ensemble:
    """Return the sum of trees over a dataset's features.

    Parameters
    ----------
    trees
        As they were saved.
    values
        By tree, what each node would add to each score, (m, S).
    slots
        What each place of the feature vector is.
    gaps
        By feature, the number that stands for a gap.
    """
    numbers = {slot.feature: slot for slot in slots if isinstance(slot, Number)}
    recodings: Recodings = {feature: (Recoding.of_gap(gaps[feature]),) for feature in numbers if feature in gaps}
    sets: list[CategorySet] = []
    compiled = [_compiled(tree, value, slots, sets) for tree, value in zip(trees, values, strict=True)]
    start = np.zeros(values[0].shape[1])
    return assembled(compiled, start, single=False, sets=sets, recodings=recodings)


def _compiled(tree: SavedTree, value: FloatArray, slots: Sequence[Slot], sets: list[CategorySet]) -> TreeArrays:
    count = len(tree.left)
    feature, chosen = np.zeros(count, dtype=np.int64), np.full(count, -1, dtype=np.int64)
    threshold, gap_left = np.zeros(count), np.zeros(count, dtype=np.bool_)
    for node in np.flatnonzero(tree.left >= 0).tolist():
        slot = slots[tree.slot[node]]
        feature[node] = slot.feature
        if isinstance(slot, Codes):
            codes = np.flatnonzero(goes_left(tree, node, slot.values)).astype(np.float64)
            chosen[node] = len(sets)
            sets.append(CategorySet(codes, left=True))
        else:
            threshold[node] = tree.threshold[node]
            gap = np.nan if slot.gap is None else slot.gap
            gap_left[node] = goes_left(tree, node, np.array([gap]))[0]
    return TreeArrays(tree.left, tree.right, feature, threshold, gap_left, value, tree.rows, chosen)


def goes_left(tree: SavedTree, node: int, values: FloatArray) -> BoolArray:
    """Return which values go to the left at a split, as Spark's ``Split.shouldGoLeft`` has it.

    Of a set of categories Spark keeps the smaller side, so that a value of neither side goes to the other one.
    """
    if node not in tree.sets:
        below: BoolArray = values <= tree.threshold[node]
        return below
    left, count = tree.sets[node]
    if len(left) <= count // 2:
        return np.isin(values, left)
    return ~np.isin(values, np.setdiff1d(np.arange(count, dtype=np.float64), left))
