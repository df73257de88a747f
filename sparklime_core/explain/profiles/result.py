"""What an engine says of profiles: figures of each explanation, and the profiles themselves."""

from dataclasses import dataclass

import numpy as np

from sparklime_core.explain.profiles.neighbourhood import Entries
from sparklime_core.explain.types import FloatArray, IntArray


@dataclass(frozen=True)
class Profiles:
    """Profiles of p explanations.

    Attributes
    ----------
    score
        (p,) the share of the model's variance around the row that the explanation's profiles explain; NaN unknown.
    entries
        Their bins.
    effects
        (E,) mean prediction in the bin less the mean prediction, in the row's neighbourhood; NaN unknown.
    errors
        (E,) their standard errors by sampling; 0 without sampling, NaN unknown.
    """

    score: FloatArray
    entries: Entries
    effects: FloatArray
    errors: FloatArray

    def bins_of(self, pairs: int) -> IntArray:
        """Return how many bins (p,) are listed of each explanation."""
        return np.bincount(self.entries.pair, minlength=pairs)


def feature_variances(entries: Entries, effects: FloatArray) -> FloatArray:
    """Return ``sum_b share * effect^2`` of each feature (G,), unknown effects left out."""
    return entries.by_feature(entries.share * np.nan_to_num(effects) ** 2)


def explained_variance(entries: Entries, of_features: FloatArray, pairs: int) -> FloatArray:
    """Add variances of features (G,) up to those of the p explanations, in their order."""
    total = np.zeros(pairs)
    np.add.at(total, entries.pair[entries.first], of_features)
    return total


def score_of(explained: FloatArray, variance: FloatArray) -> FloatArray:
    """Return R² (p,), between 0 and 1; 1 for constant predictions, as lime's own R² has it."""
    ratio = np.divide(explained, variance, out=np.ones_like(explained), where=variance > 0)
    return np.clip(ratio, 0.0, 1.0)
