"""Profiles without sampling, from the pull of each bin."""

import numpy as np

from sparklime_core.explain.profiles.neighbourhood import Neighbourhood
from sparklime_core.explain.profiles.result import Profiles, explained_variance, feature_variances, score_of
from sparklime_core.explain.types import FloatArray, IntArray


def exact_profiles(
    neighbourhood: Neighbourhood, own: IntArray, pull: FloatArray, variance: FloatArray, features: IntArray
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
        (p,) of the predictions around the row; NaN where it is not known.
    features
        (p, k) their features, -1 for none.
    """
    entries = neighbourhood.entries(features, own)
    factor = neighbourhood.factors(own)[entries.pair, entries.feature]
    effects = factor * pull[entries.pair, entries.bin]
    explained = explained_variance(entries, feature_variances(entries, effects), len(own))
    return Profiles(score_of(explained, variance), entries, effects, np.zeros(len(effects)))
