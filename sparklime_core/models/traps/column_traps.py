"""Columns that mislead a model: one that gives the target away, and one that names rows.

The first may hold what is only known when the target is. The second is an identifier or a row's place in the file,
and says nothing of new rows.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sparklime_core.data.column_roles import is_identifier_name
from sparklime_core.models.traps.evidence import Evidence, Trap

ALMOST_ALL = 0.98
"""A column alone that scores so much gives the target away."""

MOST_LEAVES = 100

WEIGHT = 0.02
"""A column carries weight when the score falls by so much once its values are shuffled."""

DENSE = 10
"""Whole numbers from a range of at most so many times the rows may number the rows."""


def find_giveaways(evidence: Evidence) -> Iterator[Trap]:
    """Yield the columns that alone predict the target almost perfectly, the best first.

    A small tree learns from one column at a time, in rows that the model has seen, and is measured on others.
    """
    if not evidence.can_score:
        return
    columns = dict.fromkeys(feature.column for feature in evidence.dataset.encoding.features)
    found = sorted(((_score_alone(evidence, column), column) for column in columns), reverse=True)
    for score, column in found:
        if score < ALMOST_ALL:
            break
        yield Trap(
            f"The column {column!r} alone predicts {evidence.dataset.target_name!r} with a "
            f"{evidence.score_name} of {score:.3g} (1 is perfect). If its value is known only when the target "
            "is known, the model does not help with new rows.",
            column=column,
        )


def _score_alone(evidence: Evidence, column: str) -> float:
    dataset = evidence.dataset
    places = np.array([feature.column == column for feature in dataset.encoding.features])
    features = dataset.features[:, places]
    if dataset.class_names is None:
        tree = DecisionTreeRegressor(max_leaf_nodes=MOST_LEAVES, random_state=0)
    else:
        tree = DecisionTreeClassifier(max_leaf_nodes=MOST_LEAVES, class_weight="balanced", random_state=0)
    tree.fit(features[evidence.seen], dataset.target[evidence.seen])
    return evidence.score(evidence.unseen, tree.predict(features[evidence.unseen]))


def find_row_names(evidence: Evidence) -> Iterator[Trap]:
    """Yield the columns of numbers that name or order the rows, and on which the predictions depend."""
    if not evidence.can_score:
        return
    rows = np.sort(np.concatenate([evidence.seen, evidence.unseen]))
    before = None
    for index, feature in enumerate(evidence.dataset.encoding.features):
        if feature.categories is not None or feature.part is not None:
            continue
        what = _what_it_names(feature.name, evidence.dataset.features[rows, index])
        if what is None:
            continue
        before = evidence.score(evidence.unseen, evidence.predicted) if before is None else before
        after = _score_shuffled(evidence, index)
        if before - after >= WEIGHT:
            yield Trap(
                f"The column {feature.column!r} {what}, and carries weight: when it is shuffled, the "
                f"{evidence.score_name} falls from {before:.3g} to {after:.3g}. New rows have other values "
                "there.",
                column=feature.column,
            )


def _what_it_names(name: str, values: npt.NDArray[np.float64]) -> str | None:
    """Return why a column, with values in row order, names rows; None when it does not."""
    distinct = len(np.unique(values))
    if distinct < len(values):
        return None
    steps = np.diff(values)
    if (steps > 0).all() or (steps < 0).all():
        return "has the order of the rows in the file"
    is_whole = bool((values == np.floor(values)).all())
    if is_whole and (is_identifier_name(name) or np.ptp(values) <= DENSE * len(values)):
        return "has a different whole number in each row, like an identifier"
    return None


def _score_shuffled(evidence: Evidence, index: int) -> float:
    features = evidence.dataset.features[evidence.unseen]
    features[:, index] = np.random.default_rng(0).permutation(features[:, index])
    return evidence.score(evidence.unseen, evidence.predict(features))
