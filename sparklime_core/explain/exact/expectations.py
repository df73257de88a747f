"""Expectations of a compiled model under lime's kernel: its mean, and how much each bin pulls it.

A node's expectation, given that it is reached, is ``right + share * (left - right)``. The covariance of the model
with "the value is in bin b of feature j" is a sum over leaves of value, reach and ``P(b | leaf) - P(b)``. That
difference builds up along a path, at the splits on j only, which leaves a sum over these splits: of
``reach / s(I) * (left - right) * (g(L, b) - share * g(I, b))``, times 1 for the row's own bin and rho for the
others.
"""

from dataclasses import dataclass

import numpy as np

from sparklime_core.explain.exact.splits import Trees
from sparklime_core.explain.exact.walk import walk
from sparklime_core.explain.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Expectations:
    """Expectations of m rows, d features with T bins, and K labels; those of labels that are not wanted are 0.

    Attributes
    ----------
    mean
        (m, K) ``E_w[f]``.
    covariance
        (m, d, K) of the model with "the value is in the row's own bin".
    pair
        (m, K) where each wanted label of a row is in ``pull``.
    pull
        (p, T) ``(E_w[f | bin] - E_w[f]) / c`` of each bin, with c as in `explain.profiles.neighbourhood`.
    """

    mean: FloatArray
    covariance: FloatArray
    pair: IntArray
    pull: FloatArray


def expectations(trees: Trees, own: IntArray, wanted: BoolArray) -> Expectations:
    """Return the expectations of the wanted labels (m, K) for rows of these bins (m, d)."""
    row, label = np.nonzero(wanted)
    pair = np.where(wanted, np.cumsum(wanted).reshape(wanted.shape) - 1, -1)
    # The first pass takes the first wanted label of each row, the second one the second, and so on.
    order = np.argsort(~wanted, axis=1, kind="stable")
    turns = int(wanted.sum(axis=1).max(initial=0))
    label_of_turn = np.ascontiguousarray(order[:, :turns])
    pair_of_turn = np.take_along_axis(pair, label_of_turn, axis=1)
    mean_of_pair, pull = np.zeros(len(row)), np.zeros((len(row), len(trees.frequency)))
    walk(trees, own - trees.starts[:-1], label_of_turn, pair_of_turn, mean_of_pair, pull)
    mean = np.zeros(wanted.shape)
    mean[row, label] = mean_of_pair + trees.offset[label]
    covariance = np.zeros((*own.shape, wanted.shape[1]))
    covariance[row, :, label] = trees.frequency[own[row]] * np.take_along_axis(pull, own[row], axis=1)
    return Expectations(mean, covariance, pair, pull)
