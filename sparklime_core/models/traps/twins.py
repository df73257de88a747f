"""Test rows that are training rows, too: the measures are then partly of rows that the model has learnt."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from sparklime_core.data.dataset import Dataset
from sparklime_core.models.traps.evidence import LEAST_ROWS, Evidence
from sparklime_core.models.traps.trap import Trap

LEAST_SHARE = 0.02
MOST_ROWS = 100


def find_twins(evidence: Evidence) -> Iterator[Trap]:
    """Yield a trap where test rows are equal to training rows in all features and the target.

    All training rows are looked at, and a sample of the test rows.
    """
    dataset, test = evidence.dataset, evidence.model.test_rows
    if not evidence.is_split or len(evidence.unseen) < LEAST_ROWS:
        return
    prints = _fingerprints(dataset)
    learnt = dataset.labelled.copy()
    learnt[test] = False
    is_twin = np.isin(prints[evidence.unseen], prints[learnt])
    share = float(is_twin.mean())
    if share < LEAST_SHARE:
        return
    yield Trap(
        f"{share:.0%} of the test rows are also training rows, value for value: measured on them, a model "
        f"that memorises looks good. {_without(evidence, is_twin)}",
        rows=tuple(evidence.unseen[is_twin][:MOST_ROWS].tolist()),
    )


def _without(evidence: Evidence, is_twin: npt.NDArray[np.bool_]) -> str:
    if (~is_twin).sum() < LEAST_ROWS:
        return "Too few rows are left to measure it without them; remove copies from the file."
    left = evidence.score(evidence.unseen[~is_twin], evidence.predicted[~is_twin])
    whole = evidence.score(evidence.unseen, evidence.predicted)
    return f"Without them the {evidence.score_name} is {left:.3g}, and {whole:.3g} with them."


def _fingerprints(dataset: Dataset) -> npt.NDArray[np.uint64]:
    """Return a 64-bit number a row, which rows of equal features and target have in common."""
    columns = [*dataset.features.T, dataset.target.astype(np.float64)]
    factors = np.random.default_rng(0).integers(1, 2**63, len(columns), dtype=np.uint64) * 2 + 1
    total = np.zeros(dataset.rows, dtype=np.uint64)
    for values, factor in zip(columns, factors, strict=True):
        bits = (np.ascontiguousarray(values) + 0.0).view(np.uint64)  # +0 and -0 are one number
        bits = (bits ^ (bits >> np.uint64(32))) * factor
        total += bits ^ (bits >> np.uint64(29))
    return total
