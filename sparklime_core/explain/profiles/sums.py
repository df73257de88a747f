"""Weighted sums of residuals by bin over the pool: in numpy, or compiled where numba is there, with the same bits.

As in `explain.sums`, all terms are whole numbers that float64 adds without rounding.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from sparklime_core.explain.sums import Positions
from sparklime_core.explain.types import FloatArray, IntArray


@dataclass(frozen=True)
class ResidualSums:
    """Sums over the pool's samples for p explanations.

    Attributes
    ----------
    most
        (p,) the largest number of features in which a sample agrees with the row: it chose the row's weights.
    totals
        (p, 5) of the weights, and of the weighted y, y², residuals and squared residuals.
    by_place
        (E,) of the weighted residuals by the place of a sample's code, feature by feature of each explanation.
    """

    most: IntArray
    totals: FloatArray
    by_place: FloatArray


@dataclass(frozen=True)
class SumsQuery:
    """Whose sums are wanted.

    Attributes
    ----------
    signatures
        (p, d) places of the codes of each explanation's row.
    label
        (p,) its label.
    features
        (p, k) its features, -1 for none.
    starts
        (p, k) where the sums of each feature begin in `ResidualSums.by_place`.
    ends
        (p, k) where they end.
    """

    signatures: Positions
    label: IntArray
    features: IntArray
    starts: IntArray
    ends: IntArray


def residual_sums(
    positions: Positions, whole: FloatArray, labels: FloatArray, residuals: FloatArray, query: SumsQuery
) -> ResidualSums:
    """Return the sums.

    Parameters
    ----------
    positions
        (d, n) codes of the samples, as places.
    whole
        (d + 1, d + 1) weights, as `BinnedPool` has them.
    labels, residuals
        (K, n) within -1 and 1.
    query
        Whose.
    """
    pairs = len(query.label)
    sums = ResidualSums(
        np.zeros(pairs, dtype=np.int64), np.zeros((pairs, 5)), np.zeros(int(query.ends.max(initial=0)))
    )
    implementation()(
        positions,
        whole,
        labels,
        residuals,
        query.signatures,
        query.label,
        query.features,
        query.starts,
        query.ends,
        sums.most,
        sums.totals,
        sums.by_place,
    )
    return sums


@cache
def implementation() -> Callable[..., None]:
    """Return what fills the sums: compiled where numba is installed."""
    try:
        from sparklime_core.explain.sums_numba import fill_residual_sums  # noqa: PLC0415 - slow to load
    except (ImportError, RuntimeError):  # RuntimeError: numba finds no folder to keep what it compiles
        return fill_residual_sums_numpy
    return fill_residual_sums


def fill_residual_sums_numpy(
    positions: Positions,
    whole: FloatArray,
    labels: FloatArray,
    residuals: FloatArray,
    signatures: Positions,
    label: IntArray,
    features: IntArray,
    starts: IntArray,
    ends: IntArray,
    most: IntArray,
    totals: FloatArray,
    by_place: FloatArray,
) -> None:
    """Fill the arrays of `ResidualSums`."""
    for pair, signature in enumerate(signatures):
        agreeing = (positions == signature[:, None]).sum(axis=0)
        most[pair] = agreeing.max()
        weights = whole[most[pair]][agreeing]
        y, residual = labels[label[pair]], residuals[label[pair]]
        weighted_y, weighted = np.rint(weights * y), np.rint(weights * residual)
        totals[pair] = [
            weights.sum(),
            weighted_y.sum(),
            np.rint(weighted_y * y).sum(),
            weighted.sum(),
            np.rint(weighted * residual).sum(),
        ]
        for slot, feature in enumerate(features[pair]):
            if feature >= 0:
                at = slice(starts[pair, slot], ends[pair, slot])
                by_place[at] = np.bincount(positions[feature], weights=weighted, minlength=at.stop - at.start)
