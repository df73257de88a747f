"""`find_traps`: all that should make a person stop, the gravest first."""

from collections.abc import Callable, Iterator

from sparklime_core.data.dataset import Dataset
from sparklime_core.errors import ModelError, raised_as
from sparklime_core.models.train import Model
from sparklime_core.models.traps.column_traps import find_giveaways, find_row_names
from sparklime_core.models.traps.evidence import Evidence, Trap, gather
from sparklime_core.models.traps.precision_traps import find_blind_columns, find_blind_target
from sparklime_core.models.traps.score_traps import (
    find_class_traps,
    find_no_better,
    find_overfit,
    find_poor_measure,
    find_twins,
)

FINDERS: tuple[Callable[[Evidence], Iterator[Trap]], ...] = (
    find_giveaways,
    find_row_names,
    find_blind_target,
    find_blind_columns,
    find_poor_measure,
    find_no_better,
    find_twins,
    find_class_traps,
    find_overfit,
)
"""What is looked for, the gravest first. A new trap is one function here."""


@raised_as(ModelError, "The search for traps in the model and its table failed")
def find_traps(model: Model, dataset: Dataset) -> tuple[Trap, ...]:
    """Return the reasons to stop before a model is believed or explained.

    Parameters
    ----------
    model
        The model.
    dataset
        The table that it was trained on; for a model that was trained elsewhere, the one that it is measured on.

    Returns
    -------
    tuple of Trap
        The gravest first; empty where none was found, which is no proof that there is none.

    Raises
    ------
    ModelError
        When the model was trained on a table of other features or fewer rows, or fails when it is asked.
    """
    _check_table(model, dataset)
    evidence = gather(model, dataset)
    return tuple(trap for find in FINDERS for trap in find(evidence))


def _check_table(model: Model, dataset: Dataset) -> None:
    features = len(dataset.feature_names)
    expected = getattr(model.estimator, "n_features_in_", features)
    if features != expected:
        raise ModelError(
            f"The model has learnt from {expected} features, and {dataset.name!r} has {features}; give the table "
            "that it was trained on."
        )
    if len(model.test_rows) and model.test_rows[-1] >= dataset.rows:
        raise ModelError(
            f"The model was tested on row {model.test_rows[-1]}, and {dataset.name!r} has {dataset.rows} rows; "
            "give the table that it was trained on."
        )
