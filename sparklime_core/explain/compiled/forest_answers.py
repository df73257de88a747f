"""Walks down the trees of a forest, compiled by numba: the same bits as `add_answers_one_by_one`."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from sparklime_core.explain.compiled.cache import compiled
from sparklime_core.explain.types import FloatArray

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


_add_answers = compiled(_add_answers)
