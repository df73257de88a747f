"""Statistics of the weights of many rows: similar rows in groups, two groups compared, and rows that show most."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats
from scipy.cluster.hierarchy import fcluster, leaves_list, linkage
from scipy.spatial.distance import pdist, squareform

from sparklime_core.explain.types import FloatArray, IntArray
from sparklime_core.runs.query.weights import Totals

MOST_GROUPS = 8
FEWEST_ROWS = 3
"""Fewer rows are not grouped."""

Measure = Literal["strength", "mean"]
CONFIDENCE = 0.95
"""Confidence level of the intervals."""


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


def differences(first: Totals, second: Totals, features: tuple[str, ...], measure: Measure) -> pd.DataFrame:
    """Compare two groups of rows, largest difference first.

    The interval is Welch's: it takes the rows of each group for a random sample of all such rows, and lets the
    groups differ in size and spread (Welch, 1947, "The generalization of Student's problem"). There is no interval
    where a group has a single row.

    Parameters
    ----------
    first, second
        The groups' totals; no row is in both.
    features
        Names of the features.
    measure
        ``"strength"`` compares the mean \\|weight\\|, ``"mean"`` the mean weight.

    Returns
    -------
    pandas.DataFrame
        ``feature``, ``first``, ``second``, ``difference`` (first minus second), ``low`` and ``high`` (the
        interval; NaN where there is none), ``clear`` (whether it leaves out 0), ``first_rows`` and
        ``second_rows`` (that name the feature). Features that no row of either group names are left out.
    """
    left: FloatArray = getattr(first, measure)
    right: FloatArray = getattr(second, measure)
    margin = _margin(first.variance(left), first.rows, second.variance(right), second.rows)
    difference = left - right
    frame = pd.DataFrame(
        {
            "feature": features,
            "first": left,
            "second": right,
            "difference": difference,
            "low": difference - margin,
            "high": difference + margin,
            "clear": np.abs(difference) > np.where(np.isnan(margin), np.inf, margin),
            "first_rows": first.named.astype(np.int64),
            "second_rows": second.named.astype(np.int64),
            "size": np.abs(difference),
        }
    )
    frame = frame[(frame["first_rows"] + frame["second_rows"]) > 0]
    ordered = frame.sort_values(["size", "feature"], ascending=[False, True], kind="stable")
    return ordered.drop(columns="size").reset_index(drop=True)


def _margin(first: FloatArray, first_rows: int, second: FloatArray, second_rows: int) -> FloatArray:
    """Return half the width of Welch's interval, from the groups' variances; NaN where it is unknown."""
    if min(first_rows, second_rows) < 2:
        return np.full(len(first), np.nan)
    one, two = first / first_rows, second / second_rows
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = (one + two) ** 2 / (one**2 / (first_rows - 1) + two**2 / (second_rows - 1))
    # No spread at all: the difference is what it is.
    quantile = stats.t.ppf(0.5 + CONFIDENCE / 2, np.where(np.isfinite(freedom), freedom, 1.0))
    margin: FloatArray = quantile * np.sqrt(one + two)
    return margin


@dataclass(frozen=True)
class Pick:
    """The picked rows.

    Attributes
    ----------
    places
        Their positions among the explanations, in the order of picking.
    coverage
        After each of them, the share of all importance that is covered, 0 to 1.
    """

    places: tuple[int, ...]
    coverage: tuple[float, ...]


def submodular_pick(weights: FloatArray, budget: int) -> Pick:
    """Pick rows greedily so that their explanations cover the important conditions (SP-LIME).

    The importance of a condition is the square root of its summed \\|weight\\|; a set of rows covers the
    conditions that at least one of them names; each step adds the row that covers most, of equals the last, as
    ``lime.submodular_pick.SubmodularPick`` does. Unlike lime it ends when nothing is left to cover: further
    rows would be arbitrary. Ribeiro, Singh, Guestrin (2016), "Why Should I Trust You?", algorithm 2.

    Parameters
    ----------
    weights
        (n, c) the weight of each condition in each row's explanation, 0 where it is not named.
    budget
        The most rows to pick.
    """
    named = weights != 0
    importance = np.sqrt(np.abs(weights).sum(axis=0))
    total = float(importance.sum())
    open_ = importance.copy()
    places: list[int] = []
    coverage: list[float] = []
    while len(places) < min(budget, len(weights)) and open_.any():
        # Summed along each row, so that rows which cover the same are equal to the last bit.
        gains = np.where(named, open_, 0.0).sum(axis=1)
        best = len(gains) - 1 - int(np.argmax(gains[::-1]))
        places.append(best)
        open_[named[best]] = 0.0
        coverage.append(1.0 - float(open_.sum()) / total)
    return Pick(tuple(places), tuple(coverage))
