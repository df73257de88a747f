"""Profiles without sampling, from the pull of each bin."""

import numpy as np

from sparklime_core.explain.profiles.neighbourhood import Entries, Neighbourhood
from sparklime_core.explain.profiles.result import Profiles, score_of
from sparklime_core.explain.types import FloatArray, IntArray


def exact_profiles(
    neighbourhood: Neighbourhood,
    own: IntArray,
    pull: FloatArray,
    variance: FloatArray,
    features: IntArray,
    *,
    listed: bool,
) -> Profiles:
    """Return the profiles of p explanations.

    Parameters
    ----------
    neighbourhood
        The bins, T of all features together, under a kernel that is a product.
    own
        (p, d) the bins of their rows.
    pull
        (p, T) as `exact.expectations.Expectations` has it.
    variance
        (p,) of the predictions around the row, from a pool; it is at least what all bins explain together.
    features
        (p, k) their features, -1 for none.
    listed
        Whether the bins are wanted too; the score needs none of them.
    """
    of_features = neighbourhood.additive_variances(own, pull)
    variance = np.maximum(variance, _total(of_features))
    chosen = np.where(features >= 0, np.take_along_axis(of_features, np.maximum(features, 0), axis=1), 0.0)
    score = score_of(_total(chosen), variance)
    if not listed:
        return Profiles(score, Entries.none(), np.zeros(0), np.zeros(0))
    entries = neighbourhood.entries(features, own)
    effects = neighbourhood.factors(own)[entries.pair, entries.feature] * pull[entries.pair, entries.bin]
    return Profiles(score, entries, effects, np.zeros(len(effects)))


def _total(of_features: FloatArray) -> FloatArray:
    """Add up (p, k) one after the other, so that no explanation's bits depend on how many there are."""
    total: FloatArray = np.add.accumulate(of_features, axis=1)[:, -1]
    return total
