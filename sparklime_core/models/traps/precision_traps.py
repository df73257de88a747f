"""Numbers that trees of scikit-learn cannot tell apart: too close together, or too far from zero.

They compare features as float32, and split no values that are closer than 1e-7 (``FEATURE_THRESHOLD`` in
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

from sparklime_core.models.traps.evidence import Evidence, Trap

OF_TREES = (
    BaseDecisionTree,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

CLOSEST = 1e-7
"""Features that differ by no more are the same to a tree."""

FEW_STEPS = 20
"""A column of which no more values are told apart, and no more than half of its own, has lost what it says."""

ROUNDING = 10 * np.finfo(np.float64).eps
"""A target must vary by more than this share of its squared mean, and of 1."""


def find_blind_columns(evidence: Evidence) -> Iterator[Trap]:
    """Yield the columns of numbers of which trees see next to nothing."""
    if not isinstance(evidence.model.estimator, OF_TREES):
        return
    for index, feature in enumerate(evidence.dataset.encoding.features):
        if feature.categories is not None:
            continue
        values = np.unique(evidence.dataset.features[evidence.seen, index])
        values = values[values != evidence.dataset.missing_values.get(index)]
        single = np.unique(values.astype(np.float32)).astype(np.float64)
        told = min(len(single), 1 + int(np.ptp(single) / CLOSEST)) if len(single) else 0
        if len(values) and told <= min(FEW_STEPS, len(values) / 2):
            yield Trap(
                f"The trees tell {told} of the {len(values)} values of {feature.name!r} apart: they see about 7 "
                f"digits, and no difference below {CLOSEST:g}. Subtract a constant from it, or multiply it."
            )


def find_blind_target(evidence: Evidence) -> Iterator[Trap]:
    """Yield a trap where the numbers to predict are too close together for trees."""
    dataset = evidence.dataset
    if dataset.class_names is not None or not isinstance(evidence.model.estimator, OF_TREES):
        return
    values = dataset.target[evidence.seen]
    if len(values) and values.var() < ROUNDING * max(1.0, values.mean() ** 2):
        yield Trap(
            f"The numbers of {dataset.target_name!r} are too close together for trees: they differ by about "
            f"{values.std():.2g}, around {values.mean():.3g}. Subtract their mean and multiply them, or train a "
            "linear model."
        )
