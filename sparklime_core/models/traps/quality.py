"""A model that is no better than none, or far better on the rows that it has learnt from."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from sparklime_core.models.traps.evidence import LEAST_ROWS, Evidence
from sparklime_core.models.traps.trap import Trap

LEAST_R2 = 0.01
FAR = 0.15
"""Training is far better than test where the scores differ by so much."""

LARGER_LEAF = 5
"""The fewest rows of a leaf, as the way out."""

TREES = ("forest", "extra_trees", "boosting")


def find_no_better(evidence: Evidence) -> Iterator[Trap]:
    """Yield a trap where the score on unseen rows is one that chance gives."""
    if len(evidence.unseen) < LEAST_ROWS:
        return
    score, chance, margin = evidence.score(evidence.unseen, evidence.predicted), 0.0, LEAST_R2
    if evidence.dataset.class_names is not None:
        counts = np.unique(evidence.dataset.target[evidence.unseen], return_counts=True)[1]
        chance = 1 / len(counts)
        # Two standard errors of a mean of shares, each of which is that of guessing.
        margin = 2 * float(np.sqrt((chance * (1 - chance) / counts).sum())) / len(counts)
    if score < chance + margin:
        yield Trap(
            f"The model is no better than guessing: its {evidence.score_name} on rows that it has not seen is "
            f"{score:.3g}, and guessing has {chance:.3g}. Do not rely on its explanations; give it other "
            "columns or more rows."
        )


def find_overfit(evidence: Evidence) -> Iterator[Trap]:
    """Yield a trap where the model does far better on the rows that it has learnt from."""
    if not evidence.is_split or min(len(evidence.seen), len(evidence.unseen)) < LEAST_ROWS:
        return
    learnt = evidence.score(evidence.seen, evidence.predict(evidence.dataset.features[evidence.seen]))
    new = evidence.score(evidence.unseen, evidence.predicted)
    if learnt - new < FAR:
        return
    settings = evidence.model.settings
    way_out = settings.kind in TREES and settings.min_samples_leaf == 1
    yield Trap(
        f"The model predicts its training rows far better than others: a {evidence.score_name} of "
        f"{learnt:.3g} on them, and of {new:.3g} on test rows. Explain the test rows: predictions of training "
        "rows are partly memorised.",
        settings=replace(settings, min_samples_leaf=LARGER_LEAF) if way_out else None,
    )
