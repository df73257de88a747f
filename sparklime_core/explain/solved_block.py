"""What an engine has found of a block, kept by row and label until all of it is packed."""

from dataclasses import dataclass, field

import numpy as np

from sparklime_core.explain.engine import Surrogates
from sparklime_core.explain.profiles.result import Profiles
from sparklime_core.explain.types import FloatArray, IntArray


@dataclass(frozen=True)
class SolvedBlock:
    """Surrogates of the n rows of a block and K labels; those that are not found are NaN and -1.

    Attributes
    ----------
    surrogates
        With (n, K) in place of the pairs of `Surrogates`.
    profile_score, effective_share
        (n, K).
    profiles
        Profiles, as they were found: in the order of rows and labels.
    bins
        (n, K) how many bins they list of each.
    """

    surrogates: Surrogates
    profile_score: FloatArray
    effective_share: FloatArray
    bins: IntArray
    profiles: list[Profiles] = field(default_factory=list)

    @classmethod
    def empty(cls, shape: tuple[int, int], width: int) -> "SolvedBlock":
        """Make room for so many rows and labels, and features."""
        surrogates = Surrogates(
            features=np.full((*shape, width), -1, dtype=np.int64),
            weights=np.zeros((*shape, width)),
            intercept=np.full(shape, np.nan),
            score=np.full(shape, np.nan),
            local_prediction=np.full(shape, np.nan),
        )
        return cls(surrogates, np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, dtype=np.int64))

    def put(self, row: IntArray, label: IntArray, found: Surrogates) -> None:
        """Keep surrogates of these rows and labels, which come after all that are there."""
        held = found.features.shape[1]
        target = self.surrogates
        target.features[row, label, :held] = found.features
        target.weights[row, label, :held] = found.weights
        target.intercept[row, label] = found.intercept
        target.score[row, label] = found.score
        target.local_prediction[row, label] = found.local_prediction
        if found.effective_share is not None:
            self.effective_share[row, label] = found.effective_share
        if found.profiles is not None:
            self.profile_score[row, label] = found.profiles.score
            self.bins[row, label] = found.profiles.bins_of(len(row))
            self.profiles.append(found.profiles)
