"""Classes that are never predicted, and classes of a few rows."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from sparklime_core.models.settings import ModelSettings
from sparklime_core.models.traps.evidence import Evidence
from sparklime_core.models.traps.trap import Trap
from sparklime_core.wording import count

RARE = 5
"""A class of fewer rows cannot be learnt and measured."""

MOST_ROWS = 100


def find_class_traps(evidence: Evidence) -> Iterator[Trap]:
    """Yield the classes that have almost no rows, and those that the model never predicts in rows not seen."""
    dataset = evidence.dataset
    if dataset.class_names is None:
        return
    counts = np.bincount(dataset.target[dataset.labelled], minlength=len(dataset.class_names))
    truth = dataset.target[evidence.unseen]
    for label, name in enumerate(dataset.class_names):
        rows = tuple(np.flatnonzero(dataset.target == label)[:MOST_ROWS].tolist())
        if counts[label] < RARE:
            yield Trap(
                f"The class {name!r} has {count(int(counts[label]), 'row')} in the whole table: too few for "
                "training and testing. Leave these rows out, or merge the class with another one.",
                rows=rows,
            )
        elif (truth == label).any() and not (evidence.predicted == label).any():
            here = int((truth == label).sum())
            yield Trap(
                f"The class {name!r} is never predicted, though {count(here, 'row')} that the model has not "
                "seen have it: no explanation will be about it, unless all classes are explained.",
                rows=rows,
                settings=_weighted(evidence.model.settings),
            )


def _weighted(settings: ModelSettings) -> ModelSettings | None:
    return None if settings.class_weight == "balanced" else replace(settings, class_weight="balanced")
