"""Train a model on the labelled rows of a dataset, and measure it on rows that it has not seen."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from sparklime_core.data.dataset import Dataset
from sparklime_core.errors import ModelError, raised_as
from sparklime_core.models.estimators import build_estimator
from sparklime_core.models.metrics import Metrics, measure
from sparklime_core.models.model_files import ModelFile
from sparklime_core.models.settings import ModelSettings

IMBALANCED = 10
"""Classes are imbalanced when the largest has so many times the rows of the smallest, ..."""

ENOUGH = 5
"""... where classes of fewer rows are not counted."""

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Model:
    """A trained model over a dataset's encoded features.

    Attributes
    ----------
    estimator
        The fitted scikit-learn estimator.
    settings
        What it was trained with.
    metrics
        How well it does on the test rows.
    test_rows
        (t,) positions of the rows that it has not seen, ascending; none for a model that was trained elsewhere.
    notes
        What people should know of the training.
    trained_elsewhere
        Whether it was brought, and not trained here.
    file
        The file that it came in, or can be read from again; None: it is written when it is stored.
    """

    estimator: BaseEstimator
    settings: ModelSettings
    metrics: Metrics
    test_rows: Positions
    notes: tuple[str, ...] = ()
    trained_elsewhere: bool = False
    file: ModelFile | None = None

    @property
    def predict_fn(self) -> Callable[[npt.NDArray[np.float64]], npt.NDArray[Any]]:
        """What lime takes: the bound ``predict_proba``, or ``predict`` in regression."""
        estimator: Any = self.estimator
        return getattr(estimator, "predict_proba", None) or estimator.predict  # type: ignore[no-any-return]


@raised_as(ModelError, "The model cannot be trained")
def train_with(dataset: Dataset, settings: ModelSettings) -> Model:
    """Train a model and measure it on a test split, stratified by class where each class allows it.

    Raises
    ------
    ModelError
        When the dataset has too few labelled rows to split.
    """
    train, test = _split(dataset, settings)
    class_weight, notes = _class_weight(dataset, settings)
    estimator: Any = build_estimator(dataset, settings, class_weight)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator.fit(dataset.features[train], dataset.target[train])
    if any(issubclass(warning.category, ConvergenceWarning) for warning in caught):
        notes = (*notes, "the fit stopped before it had converged")
    # Several threads would add the trees up in the order in which they finish: not the same bits every time.
    if hasattr(estimator, "n_jobs"):
        estimator.n_jobs = 1
    metrics = measure(
        estimator, dataset.features[test], dataset.target[test], dataset.class_names, dataset.target[train]
    )
    return Model(estimator, settings, metrics, test, notes)


def _class_weight(dataset: Dataset, settings: ModelSettings) -> tuple[str | None, tuple[str, ...]]:
    if dataset.class_names is None or settings.class_weight == "none":
        return None, ()
    if settings.class_weight == "balanced":
        return "balanced", ("rare classes have larger weights, as you chose",)
    counts = np.bincount(dataset.target[dataset.labelled].astype(np.int64))
    counts = counts[counts >= ENOUGH]
    if len(counts) < 2 or counts.max() < IMBALANCED * counts.min():
        return None, ()
    times = counts.max() / counts.min()
    return "balanced", (
        f"rare classes have larger weights, since the largest class has {times:.0f} times the rows of the "
        "smallest; this raises the predicted probabilities of rare classes",
    )


def _split(dataset: Dataset, settings: ModelSettings) -> tuple[Positions, Positions]:
    """Return the positions of the training and of the test rows; every class is in the training rows."""
    rows = np.flatnonzero(dataset.labelled)
    if len(rows) < 4:
        raise ModelError(
            f"The table has {len(rows)} rows with a target; at least 4 are needed to train and to test."
        )
    tests = max(round(settings.test_size * len(rows)), 1)
    strata = None
    if dataset.class_names is not None:
        counts = np.bincount(dataset.target[rows], minlength=len(dataset.class_names))
        if counts.min() >= 2 and min(tests, len(rows) - tests) >= len(counts):
            strata = dataset.target[rows]
    if len(rows) - tests < 2:
        raise ModelError(
            f"A test share of {settings.test_size} leaves no rows for training; choose a smaller one."
        )
    train, test = train_test_split(rows, test_size=settings.test_size, random_state=settings.seed, stratify=strata)
    if dataset.class_names is not None and strata is None:
        train, test = _keep_every_class(dataset.target, train, test)
    if not len(test):
        raise ModelError("No row is left for testing; choose a larger table or a larger test share.")
    return np.sort(train), np.sort(test)


def _keep_every_class(target: npt.NDArray[Any], train: Positions, test: Positions) -> tuple[Positions, Positions]:
    """Move the first row of each class that only the test rows have to the training rows.

    Otherwise the model would not know the class, and its columns would not be the dataset's classes.
    """
    unseen = np.setdiff1d(target[test], target[train])
    moved = np.array([test[np.argmax(target[test] == label)] for label in unseen], dtype=np.int64)
    return np.concatenate([train, moved]), np.setdiff1d(test, moved)
