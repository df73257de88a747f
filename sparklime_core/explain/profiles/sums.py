"""Weighted sums of residuals by bin over the pool: in numpy, or compiled where numba is there, with the same bits.

A residual's digits matter far less than its noise. Weighted residuals are rounded to whole numbers so small that
their sums fit in 32 bits: they are exact in any order, and many of them are added in one instruction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from sparklime_core.explain.compiled_or_numpy import compiled_or_numpy
from sparklime_core.explain.sums import Positions
from sparklime_core.explain.types import FloatArray, IntArray

BITS = 30
"""Sums of the absolute weighted residuals stay below 2 to this power, but for rounding."""

FEW_CODES = 12
"""Up to so many codes, passes over all samples for three at a time are quicker than one that adds by code."""


@dataclass(frozen=True)
class ResidualSums:
    """Sums over the pool's samples for p explanations, as whole numbers.

    Attributes
    ----------
    most
        (p,) the largest number of features in which a sample agrees with the row: it chose the row's unit.
    totals
        (p, 2) of the weighted residuals, and of the weighted squared residuals.
    by_place
        (E,) of the weighted residuals by the place of a sample's code, feature by feature of each explanation.
    """

    most: IntArray
    totals: IntArray
    by_place: IntArray


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


def scaled_weights(kernel: FloatArray, size: int) -> tuple[FloatArray, FloatArray]:
    """Return weights (d + 1, d + 1) of samples, and their units (d + 1,).

    Both by the largest number of features in which any of `size` samples agrees with the row; the weights also by
    the number in which this one does. Under this kernel, no sample weighs more than those that agree most.
    """
    agreeing = kernel[::-1]
    units = np.maximum.accumulate(agreeing) * (size / 2.0**BITS)
    units = np.where(units > 0, units, 1.0)
    return np.where(np.arange(len(kernel)) <= np.arange(len(kernel))[:, None], agreeing, 0.0) / units[
        :, None
    ], units


def residual_sums(
    positions: Positions, whole: FloatArray, residuals: FloatArray, query: SumsQuery
) -> ResidualSums:
    """Return the sums.

    Parameters
    ----------
    positions
        (d, n) codes of the samples, as places.
    whole
        (d + 1, d + 1) of `scaled_weights`.
    residuals
        (K, n) within -1 and 1.
    query
        Whose.
    """
    pairs, width = query.signatures.shape
    sums = ResidualSums(
        np.zeros(pairs, dtype=np.int64),
        np.zeros((pairs, 2), dtype=np.int64),
        np.zeros(int(query.ends.max(initial=0)), dtype=np.int64),
    )
    implementation()(
        positions,
        whole,
        residuals,
        query.signatures,
        query.label,
        query.features,
        query.starts,
        query.ends,
        np.arange(FEW_CODES + 2).astype(positions.dtype),
        np.zeros(positions.shape[1], dtype=np.uint8 if width < 256 else np.uint16),
        sums.most,
        sums.totals,
        sums.by_place,
    )
    return sums


@cache
def implementation() -> Callable[..., None]:
    """Return what fills the sums: compiled where numba is installed."""
    return compiled_or_numpy("sums_numba", "fill_residual_sums", fill_residual_sums_numpy)


def fill_residual_sums_numpy(
    positions: Positions,
    whole: FloatArray,
    residuals: FloatArray,
    signatures: Positions,
    label: IntArray,
    features: IntArray,
    starts: IntArray,
    ends: IntArray,
    _numbers: Positions,
    _agreeing: Positions,
    most: IntArray,
    totals: IntArray,
    by_place: IntArray,
) -> None:
    """Fill the arrays of `ResidualSums`."""
    for pair, signature in enumerate(signatures):
        agreeing = (positions == signature[:, None]).sum(axis=0)
        most[pair] = agreeing.max()
        residual = residuals[label[pair]]
        weighted = np.rint(whole[most[pair]][agreeing] * residual)
        totals[pair] = weighted.sum(), np.rint(weighted * residual).sum()
        for slot, feature in enumerate(features[pair]):
            if feature >= 0:
                at = slice(starts[pair, slot], ends[pair, slot])
                by_place[at] = np.bincount(positions[feature], weights=weighted, minlength=at.stop - at.start)
