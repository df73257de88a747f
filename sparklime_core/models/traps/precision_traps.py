"""Numbers that trees of scikit-learn cannot tell apart: too close together, or too far from zero.

They compare features as float32, and split no neighbours that are closer than 1e-7 (``FEATURE_THRESHOLD`` in
sklearn/tree/_partitioner.pyx). A node whose target varies less than float64's rounding is a leaf (``EPSILON`` in
sklearn/tree/_tree.pyx).
"""

from collections.abc import Iterator

import numpy as np
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import BaseDecisionTree

from sparklime_core.explain.types import FloatArray
from sparklime_core.models.traps.evidence import Evidence, Trap

BOOSTED = (GradientBoostingClassifier, GradientBoostingRegressor)
RANDOM_SPLITS = (ExtraTreesClassifier, ExtraTreesRegressor)
OF_TREES = (BaseDecisionTree, RandomForestClassifier, RandomForestRegressor, *BOOSTED, *RANDOM_SPLITS)

CLOSEST = 1e-7
"""Features that differ by no more are the same to a tree."""

FEW_VALUES = 20
"""A column of which no more values are told apart, and no more than half of its own, has lost what it says."""

NOISE = 1e-12
"""Values whose relative difference is smaller are one value, and the rounding of sums."""

MOST_NAMED = 5

ROUNDING = 10 * np.finfo(np.float64).eps
"""A target must vary by more than this share of its squared mean, and of 1. Boosting subtracts the mean first."""


def find_blind_columns(evidence: Evidence) -> Iterator[Trap]:
    """Yield a trap with the columns of numbers of which trees see next to nothing."""
    dataset, estimator = evidence.dataset, evidence.model.estimator
    if not isinstance(estimator, OF_TREES):
        return
    found = []
    for index, feature in enumerate(dataset.encoding.features):
        values = np.unique(dataset.features[evidence.seen, index])
        values = values[values != dataset.missing_values.get(index)]
        if feature.categories is not None or not len(values):
            continue
        there = 1 + int((np.diff(values) > NOISE * np.abs(values[1:])).sum())
        told = _told_apart(values, at_random=isinstance(estimator, RANDOM_SPLITS))
        if told <= min(FEW_VALUES, there / 2):
            found.append(f"{told} of the {there} values of {feature.name!r}")
    if found:
        more = f", and few of {len(found) - MOST_NAMED} more columns" if len(found) > MOST_NAMED else ""
        yield Trap(
            f"The trees tell apart {', '.join(found[:MOST_NAMED])}{more}: they see about 7 digits, and no "
            f"difference below {CLOSEST:g}. Subtract a constant from large numbers, and multiply small ones."
        )


def _told_apart(values: FloatArray, *, at_random: bool) -> int:
    """Return how many ascending values trees tell apart; the best split is sought between neighbours alone."""
    single = np.unique(values.astype(np.float32)).astype(np.float64)
    if at_random:
        return min(len(single), 1 + int(np.ptp(single) / CLOSEST))
    return 1 + int((np.diff(single) > CLOSEST).sum())


def find_blind_target(evidence: Evidence) -> Iterator[Trap]:
    """Yield a trap where the numbers to predict are too close together for trees."""
    dataset, estimator = evidence.dataset, evidence.model.estimator
    if dataset.class_names is not None or not isinstance(estimator, OF_TREES) or not len(evidence.seen):
        return
    values = dataset.target[evidence.seen]
    mean = 0.0 if isinstance(estimator, BOOSTED) else float(values.mean())
    if values.var() < ROUNDING * max(1.0, mean**2):
        yield Trap(
            f"The numbers of {dataset.target_name!r} are too close together for trees: they differ by about "
            f"{values.std():.2g}, around {values.mean():.3g}. Subtract their mean and multiply them, or train a "
            "linear model."
        )
