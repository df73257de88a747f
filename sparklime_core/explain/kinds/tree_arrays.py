"""Trees of other libraries, one by one as their own dumps have them, put together to an `Ensemble`."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sparklime_core.explain.exact.ensemble import CategorySet, Ensemble
from sparklime_core.explain.exact.recoding import Recodings
from sparklime_core.explain.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class TreeArrays:
    """One tree of m nodes, the root first.

    Attributes
    ----------
    left, right
        (m,) children; -1 at a leaf.
    feature, threshold, gap_left
        (m,) of splits: what is not above the threshold goes to the left, and a gap where it says so.
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
