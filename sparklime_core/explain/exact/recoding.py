"""`Recoding`: from the values that LIME knows to a model's own, gaps and categories included."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from sparklime_core.explain.types import FloatArray


@dataclass(frozen=True)
class Recoding:
    """A table from some values of one feature to others.

    Attributes
    ----------
    given
        (k,) values, ascending.
    becomes
        (k,) what they become; NaN is a gap.
    others_stay
        Whether a value that is not given stays as it is; it becomes a gap otherwise.
    border
        Values that are not above it are gaps; None where there are none.
    """

    given: FloatArray
    becomes: FloatArray
    others_stay: bool
    border: float | None = None

    @classmethod
    def of_gap(cls, sentinel: float) -> "Recoding":
        """Return what makes a sentinel a gap again."""
        return cls(np.array([sentinel]), np.array([np.nan]), others_stay=True)

    @classmethod
    def of_codes(cls, becomes: FloatArray) -> "Recoding":
        """Return what turns the codes 0, 1, ... into others."""
        return cls(np.arange(len(becomes), dtype=np.float64), becomes, others_stay=False)

    def __call__(self, values: FloatArray) -> FloatArray:
        """Return what values of any shape become."""
        found = self._looked_up(values)
        return found if self.border is None else np.where(values <= self.border, np.nan, found)

    def _looked_up(self, values: FloatArray) -> FloatArray:
        if not len(self.given):
            return values if self.others_stay else np.full_like(values, np.nan)
        at = np.minimum(np.searchsorted(self.given, values), len(self.given) - 1)
        return np.where(self.given[at] == values, self.becomes[at], values if self.others_stay else np.nan)


Recodings: TypeAlias = dict[int, tuple[Recoding, ...]]
"""By feature, one table after the other."""


def recoded(recodings: Recodings, feature: int, values: FloatArray) -> FloatArray:
    """Return what values of a feature become."""
    for recoding in recodings.get(feature, ()):
        values = recoding(values)
    return values


def recoded_rows(recodings: Recodings, rows: FloatArray) -> FloatArray:
    """Return rows (n, d) in a model's own values; the rows themselves where nothing is recoded."""
    if not recodings:
        return rows
    found = np.array(rows, dtype=np.float64)
    for feature in recodings:
        found[:, feature] = recoded(recodings, feature, found[:, feature])
    return found
