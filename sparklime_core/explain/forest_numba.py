"""`fast_forest.add_answers_one_by_one`, compiled by numba: the same answers, added in the same order."""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from sparklime_core.explain.fast_forest import nodes_of
from sparklime_core.explain.numba_cache import compiled
from sparklime_core.explain.types import FloatArray

LANES = 16
"""Rows that go down a tree side by side, so that none waits for another one's look into memory."""


def add_answers(forest: Any, trees: list[Any], rows: npt.NDArray[np.float32], total: FloatArray) -> None:
    """Add the answers of a forest's trees to a total (n, K)."""
    nodes = nodes_of(forest, trees)
    _add(nodes.roots, nodes.feature, nodes.threshold, nodes.children, nodes.value, rows, total)  # type: ignore[no-untyped-call]


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


def _add(roots, feature, threshold, children, value, rows, total):  # type: ignore[no-untyped-def]
    lanes = np.empty(LANES, dtype=np.int64)
    for root in roots:
        for first in range(0, len(rows), LANES):
            at = lanes[: min(LANES, len(rows) - first)]
            _go_down(root, feature, threshold, children, rows, first, at)
            for lane in range(len(at)):
                for label in range(total.shape[1]):
                    total[first + lane, label] += value[at[lane], label]


_add = compiled(_add)
