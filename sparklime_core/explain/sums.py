"""Weighted sums over the pool for one row's signature after the other: in numpy, or compiled where numba is there.

All terms are whole numbers that float64 adds without rounding (see `explain.binned_pool`): both give the same
bits, and numba only saves time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from sparklime_core.explain.compiled_or_numpy import compiled_or_numpy
from sparklime_core.explain.types import BoolArray, FloatArray

Positions = npt.NDArray[Any]
"""Unsigned whole numbers: a code's place among the codes of its feature."""


@dataclass(frozen=True)
class Sums:
    """Sums over the pool's samples for m signatures, d features and K labels.

    Attributes
    ----------
    most
        (m,) the largest number of features in which a sample agrees with the row: it chose the row's weights.
    weight, z, y, yy, zy
        (m,), (m, d, d), (m, K), (m, K) and (m, d, K) sums of the weights, and of the weighted zzᵀ, y, y² and zyᵀ.
        Those of labels that are not wanted are 0.
    """

    most: npt.NDArray[np.int64]
    weight: FloatArray
    zz: FloatArray
    y: FloatArray
    yy: FloatArray
    zy: FloatArray


def weighted_sums(
    positions: Positions, signatures: Positions, whole: FloatArray, labels: FloatArray, wanted: BoolArray
) -> Sums:
    """Return the sums for signatures (m, d).

    Parameters
    ----------
    positions
        (d, n) codes of the samples.
    signatures
        (m, d) codes of the rows, of the same type.
    whole
        (d + 1, d + 1) weights, whole numbers, by `Sums.most` and by the number of agreeing features.
    labels
        (K, n) labels within -1 and 1.
    wanted
        (m, K) for which labels.
    """
    rows, width = signatures.shape
    sums = Sums(
        np.zeros(rows, dtype=np.int64),
        np.zeros(rows),
        np.zeros((rows, width, width)),
        np.zeros(wanted.shape),
        np.zeros(wanted.shape),
        np.zeros((rows, width, wanted.shape[1])),
    )
    arrays = (sums.most, sums.weight, sums.zz, sums.y, sums.yy, sums.zy)
    implementation()(positions, signatures, whole, labels, wanted, *arrays)
    return sums


@cache
def implementation() -> Callable[..., None]:
    """Return what fills the sums: compiled where numba is installed."""
    return compiled_or_numpy("sums_numba", "fill_sums", fill_sums_numpy)


def fill_sums_numpy(
    positions: Positions,
    signatures: Positions,
    whole: FloatArray,
    labels: FloatArray,
    wanted: BoolArray,
    most: npt.NDArray[np.int64],
    weight: FloatArray,
    zz: FloatArray,
    y: FloatArray,
    yy: FloatArray,
    zy: FloatArray,
) -> None:
    """Fill the arrays of `Sums`, by matrix products."""
    for row, signature in enumerate(signatures):
        same = positions == signature[:, None]
        agreeing = same.sum(axis=0)
        most[row] = agreeing.max()
        weights = whole[most[row]][agreeing]
        z = same.astype(np.float64)
        weight[row] = weights.sum()
        zz[row] = (z * weights) @ z.T
        for label in np.flatnonzero(wanted[row]):
            weighted = np.rint(weights * labels[label])
            y[row, label] = weighted.sum()
            yy[row, label] = np.rint(weighted * labels[label]).sum()
            zy[row, :, label] = z @ weighted
