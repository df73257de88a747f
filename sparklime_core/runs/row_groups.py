"""Groups of rows with similar reasons: hierarchical clustering of their weights."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, leaves_list, linkage
from scipy.spatial.distance import pdist, squareform

from sparklime_core.runs.query.weight_totals import FloatArray

IntArray = npt.NDArray[np.int64]

MOST_GROUPS = 8
FEWEST_ROWS = 3
"""Fewer rows are not grouped."""


@dataclass(frozen=True)
class Groups:
    """Rows in groups, the largest first.

    Attributes
    ----------
    group
        (n,) each row's group, from 0.
    order
        (n,) the rows in an order that keeps groups together and similar rows side by side.
    typical
        Per group, the row nearest to the group's mean.
    silhouette
        Separation of the groups: mean silhouette (Rousseeuw, 1987), -1 to 1; None for a single group.
    """

    group: IntArray
    order: IntArray
    typical: tuple[int, ...]
    silhouette: float | None


def group_rows(weights: FloatArray, count: int | None = None) -> Groups:
    """Group rows by their weights, with Ward's method; the same rows always give the same groups.

    Parameters
    ----------
    weights
        (n, d) weights, 0 where a feature is not named. They are on one scale, so they are not scaled.
    count
        Number of groups; None: the number from 2 to `MOST_GROUPS` with the best silhouette.
    """
    rows = len(weights)
    distances = pdist(weights) if rows > 1 else np.zeros(0)
    if rows < FEWEST_ROWS or not distances.max():
        return _arranged(np.zeros(rows, dtype=np.int64), np.arange(rows), weights, None)
    tree = linkage(distances, method="ward")
    square = squareform(distances)
    counts = range(2, min(MOST_GROUPS, rows - 1) + 1) if count is None else [min(count, rows)]
    cuts = [fcluster(tree, wanted, criterion="maxclust").astype(np.int64) - 1 for wanted in counts]
    scores = [_silhouette(square, cut) for cut in cuts]
    best = int(np.argmax([-1.0 if score is None else score for score in scores]))
    return _arranged(cuts[best], leaves_list(tree).astype(np.int64), weights, scores[best])


def _arranged(cut: IntArray, leaves: IntArray, weights: FloatArray, score: float | None) -> Groups:
    """Number the groups by size, and order the rows by group."""
    sizes = np.bincount(cut) if len(cut) else np.zeros(0, dtype=np.int64)
    by_size = np.lexsort((np.arange(len(sizes)), -sizes))
    number = np.empty(len(sizes), dtype=np.int64)
    number[by_size] = np.arange(len(sizes))
    group = number[cut] if len(cut) else cut
    order = leaves[np.argsort(group[leaves], kind="stable")]
    typical = tuple(_nearest_to_mean(weights, np.flatnonzero(group == place)) for place in range(len(sizes)))
    return Groups(group, order, typical, score)


def _nearest_to_mean(weights: FloatArray, members: IntArray) -> int:
    away = ((weights[members] - weights[members].mean(axis=0)) ** 2).sum(axis=1)
    return int(members[int(np.argmin(away))])


def _silhouette(square: FloatArray, cut: IntArray) -> float | None:
    """Return the mean silhouette of groups, from the (n, n) distances; a row alone in its group counts as 0."""
    sizes = np.bincount(cut)
    if len(sizes) < 2:
        return None
    member = np.eye(len(sizes))[cut]
    sums = square @ member
    own = sizes[cut]
    rows = np.arange(len(cut))
    within = sums[rows, cut] / np.maximum(own - 1, 1)
    means = sums / sizes
    means[rows, cut] = np.inf
    between = means.min(axis=1)
    larger = np.maximum(within, between)
    width = np.where((own > 1) & (larger > 0), (between - within) / np.where(larger > 0, larger, 1.0), 0.0)
    return float(width.mean())
