"""Scores that mislead: of few rows, of guessing, of training rows, of copies; and classes never predicted."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from sparklime_core.data.dataset import Dataset
from sparklime_core.models.settings import ModelSettings
from sparklime_core.models.traps.evidence import LEAST_ROWS, Evidence, Trap
from sparklime_core.wording import count

LEAST_R2 = 0.01
FAR = 0.15
"""Training is far better than test where the scores differ by so much."""

LARGER_LEAF = 5
"""The fewest rows of a leaf, as the way out."""

TREES = ("forest", "extra_trees", "boosting")

RARE = 5
"""A class of fewer rows cannot be learnt and measured."""

MOST_NAMED = 100
"""The most rows that a trap names."""

LEAST_SHARE = 0.02
"""Of the test rows, that are copies of training rows."""


def find_poor_measure(evidence: Evidence) -> Iterator[Trap]:
    """Yield a trap where the rows cannot tell how good the model is: most other traps are not looked for then."""
    if evidence.can_score:
        return
    dataset, seen, unseen = evidence.dataset, len(evidence.seen), len(evidence.unseen)
    if min(seen, unseen) >= LEAST_ROWS:
        only = dataset.target_text(int(evidence.unseen[0]))
        what = (
            f"All rows that measure the model have one {dataset.target_name!r}, {only!r}: its scores say nothing"
        )
    elif evidence.is_split:
        what = f"The model has learnt from {count(seen, 'row')}, and {unseen} measured it: its scores say little"
    else:
        what = f"Only {count(seen + unseen, 'row')} measured the model: its scores say little"
    share = ", or another test share" if evidence.is_split else ""
    yield Trap(f"{what}. Most other traps cannot be looked for. Use a table of more rows{share}.")


def find_no_better(evidence: Evidence) -> Iterator[Trap]:
    """Yield a trap where the score on unseen rows is one that chance gives."""
    if not evidence.can_score:
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
    if not (evidence.is_split and evidence.can_score):
        return
    learnt = evidence.score(evidence.seen, evidence.predict(evidence.dataset.features[evidence.seen]))
    new = evidence.score(evidence.unseen, evidence.predicted)
    if learnt - new < FAR:
        return
    settings = evidence.model.settings
    larger_fits = settings.rows_per_tree is None or settings.rows_per_tree >= 2 * LARGER_LEAF
    way_out = settings.kind in TREES and settings.min_samples_leaf == 1 and larger_fits
    yield Trap(
        f"The model predicts its training rows far better than others: a {evidence.score_name} of "
        f"{learnt:.3g} on them, and of {new:.3g} on test rows. Explain the test rows: predictions of training "
        "rows are partly memorised.",
        settings=replace(settings, min_samples_leaf=LARGER_LEAF) if way_out else None,
    )


def find_class_traps(evidence: Evidence) -> Iterator[Trap]:
    """Yield the classes that have almost no rows, and those that the model never predicts in rows not seen."""
    dataset = evidence.dataset
    if dataset.class_names is None:
        return
    counts = np.bincount(dataset.target[dataset.labelled], minlength=len(dataset.class_names))
    truth = dataset.target[evidence.unseen]
    for label, name in enumerate(dataset.class_names):
        rows = tuple(np.flatnonzero(dataset.target == label)[:MOST_NAMED].tolist())
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
        rows=tuple(evidence.unseen[is_twin][:MOST_NAMED].tolist()),
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
