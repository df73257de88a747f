"""One column alone predicts the target: it may hold what is only known when the target is."""

from collections.abc import Iterator

import numpy as np
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sparklime_core.models.traps.evidence import LEAST_ROWS, Evidence
from sparklime_core.models.traps.trap import Trap

ALMOST_ALL = 0.98
"""A column alone that scores so much gives the target away."""

MOST_LEAVES = 100


def find_giveaways(evidence: Evidence) -> Iterator[Trap]:
    """Yield the columns that alone predict the target almost perfectly, the best first.

    A small tree learns from one column at a time, in rows that the model has seen, and is measured on others.
    """
    if min(len(evidence.seen), len(evidence.unseen)) < LEAST_ROWS:
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
