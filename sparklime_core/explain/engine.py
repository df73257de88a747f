"""The protocol that all engines share: prepared once on the driver, then asked about blocks of valid rows."""

from dataclasses import dataclass
from typing import Protocol

from sparklime_core.explain.profiles.result import Profiles
from sparklime_core.explain.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Surrogates:
    """Fitted surrogates of m (row, label) pairs, in the order in which `wanted` holds them, row by row.

    Attributes
    ----------
    features
        (m, k) feature indices by falling absolute weight, padded with -1 at the end.
    weights
        (m, k) weights, padded with 0.
    intercept, score, local_prediction
        (m,) intercept, weighted R², and the surrogate's value at the instance.
    effective_share
        (m,) effective size of the neighbourhood, as a share of its samples; None where no engine has measured it.
    profiles
        Profiles of the features; None where they have none.
    """

    features: IntArray
    weights: FloatArray
    intercept: FloatArray
    score: FloatArray
    local_prediction: FloatArray
    effective_share: FloatArray | None = None
    profiles: Profiles | None = None


class Engine(Protocol):
    """A prepared engine: immutable, free of Spark, and something that dill can carry to an executor."""

    def solve(self, rows: FloatArray, predictions: FloatArray, wanted: BoolArray) -> Surrogates:
        """Fit a surrogate for every wanted (row, label) pair.

        Parameters
        ----------
        rows
            (n, d) rows, all valid: finite, with known categories.
        predictions
            (n, K) the model's own predictions for them.
        wanted
            (n, K) which pairs to explain.

        Returns
        -------
        Surrogates
            ``wanted.sum()`` pairs, in the order of ``numpy.argwhere(wanted)``. What a pair gets does not depend
            on the rows beside it, to the last bit.
        """
        ...
