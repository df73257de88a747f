"""`SolvedBlock`: what an engine has found for the rows and labels of a block, put together of `SolvedPart`s."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from sparklime_core.explain.neighbourhood import Profiles
from sparklime_core.explain.surrogate import Surrogates
from sparklime_core.explain.types import FloatArray, IntArray


@dataclass(frozen=True)
class SolvedPart:
    """Surrogates of some rows of a block.

    Attributes
    ----------
    row, label
        (p,) the row in its block, and the label, of each pair; later parts have later rows.
    found
        The p surrogates, as wide as the longest; with their profiles where these are listed.
    profile_score
        (p,) of their profiles, listed or not; None where they have none.
    """

    row: IntArray
    label: IntArray
    found: Surrogates
    profile_score: FloatArray | None

    @classmethod
    def of(cls, row: IntArray, label: IntArray, found: Surrogates, *, listed: bool) -> "SolvedPart":
        """Take what was found; profiles that are not listed, and padding, would take much memory."""
        used = np.flatnonzero((found.features >= 0).any(axis=0))
        width = int(used[-1]) + 1 if len(used) else 0
        kept = replace(
            found,
            features=found.features[:, :width].copy(),
            weights=found.weights[:, :width].copy(),
            profiles=found.profiles if listed else None,
        )
        return cls(row, label, kept, None if found.profiles is None else found.profiles.score)


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
    def of(cls, shape: tuple[int, int], parts: Sequence[SolvedPart]) -> "SolvedBlock":
        """Put the parts of a block of so many rows and labels together; as wide as the longest explanation."""
        block = cls._empty(shape, max((part.found.features.shape[1] for part in parts), default=0))
        for part in parts:
            block._put(part)
        return block

    @classmethod
    def _empty(cls, shape: tuple[int, int], width: int) -> "SolvedBlock":
        surrogates = Surrogates(
            features=np.full((*shape, width), -1, dtype=np.int64),
            weights=np.zeros((*shape, width)),
            intercept=np.full(shape, np.nan),
            score=np.full(shape, np.nan),
            local_prediction=np.full(shape, np.nan),
        )
        return cls(surrogates, np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, dtype=np.int64))

    def _put(self, part: SolvedPart) -> None:
        at, found, target = (part.row, part.label), part.found, self.surrogates
        held = slice(found.features.shape[1])
        target.features[(*at, held)] = found.features
        target.weights[(*at, held)] = found.weights
        target.intercept[at] = found.intercept
        target.score[at] = found.score
        target.local_prediction[at] = found.local_prediction
        if found.effective_share is not None:
            self.effective_share[at] = found.effective_share
        if part.profile_score is not None:
            self.profile_score[at] = part.profile_score
        if found.profiles is not None:
            self.bins[at] = found.profiles.bins_of(len(part.row))
            self.profiles.append(found.profiles)
