"""`train_forest`: a random forest on a dataset, measured on rows that it has not seen."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.model_selection import train_test_split

from sparklime_core.data.dataset import Dataset
from sparklime_core.errors import ModelError, SettingsError
from sparklime_core.models.metrics import Metrics, measure


@dataclass(frozen=True)
class ForestSettings:
    """Hyperparameters of a random forest and of the split it is measured by.

    Attributes
    ----------
    n_estimators
        Number of trees.
    max_depth
        The most splits from root to leaf; None: until leaves are pure.
    min_samples_leaf
        The fewest training rows that a leaf may hold.
    test_size
        Share of the rows that is kept for measuring, between 0 and 1.
    seed
        Of the split and of the forest.
    """

    n_estimators: int = 100
    max_depth: int | None = None
    min_samples_leaf: int = 1
    test_size: float = 0.25
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.n_estimators <= 5000:
            raise SettingsError(f"The number of trees must be between 1 and 5000, not {self.n_estimators}.")
        if self.max_depth is not None and self.max_depth < 1:
            raise SettingsError(f"The depth must be at least 1, not {self.max_depth}.")
        if self.min_samples_leaf < 1:
            raise SettingsError(f"A leaf must hold at least 1 row, not {self.min_samples_leaf}.")
        if not 0 < self.test_size < 1:
            raise SettingsError(f"The test share must be between 0 and 1, not {self.test_size}.")
        if not 0 <= self.seed < 2**32:
            raise SettingsError(f"The seed must be between 0 and {2**32 - 1}, not {self.seed}.")

    def as_dict(self) -> dict[str, Any]:
        """Return the settings for a run's manifest."""
        return asdict(self)


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
        (t,) positions of the rows that it has not seen, ascending.
    """

    estimator: BaseEstimator
    settings: ForestSettings
    metrics: Metrics
    test_rows: npt.NDArray[np.int64]

    @property
    def predict_fn(self) -> Callable[[npt.NDArray[np.float64]], npt.NDArray[Any]]:
        """What lime takes: the bound ``predict_proba``, or ``predict`` in regression."""
        estimator: Any = self.estimator
        return getattr(estimator, "predict_proba", None) or estimator.predict  # type: ignore[no-any-return]


def train_forest(
    dataset: Dataset,
    n_estimators: int = 100,
    max_depth: int | None = None,
    test_size: float = 0.25,
    seed: int = 0,
    *,
    min_samples_leaf: int = 1,
) -> Model:
    """Train a random forest and measure it on a test split, stratified by class where each class allows it.

    Raises
    ------
    SettingsError
        When a hyperparameter is outside of what is allowed.
    ModelError
        When the dataset is too small to split.
    """
    return train_with(dataset, ForestSettings(n_estimators, max_depth, min_samples_leaf, test_size, seed))


def train_with(dataset: Dataset, settings: ForestSettings) -> Model:
    """Train a random forest with these settings; see `train_forest`."""
    train, test = _split(dataset, settings)
    forest = RandomForestRegressor if dataset.class_names is None else RandomForestClassifier
    estimator = forest(
        n_estimators=settings.n_estimators,
        max_depth=settings.max_depth,
        min_samples_leaf=settings.min_samples_leaf,
        random_state=settings.seed,
        n_jobs=-1,
    )
    estimator.fit(dataset.features[train], dataset.target[train])
    # Several threads would add the trees up in the order in which they finish: not the same bits every time.
    estimator.n_jobs = 1
    metrics = measure(estimator, dataset.features[test], dataset.target[test], dataset.class_names)
    return Model(estimator, settings, metrics, test)


def _split(dataset: Dataset, settings: ForestSettings) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the positions of the training and of the test rows; every class is in the training rows."""
    rows = np.arange(dataset.rows)
    if dataset.rows < 4:
        raise ModelError(f"The table has {dataset.rows} rows; at least 4 are needed to train and to test.")
    strata = None
    if dataset.class_names is not None:
        counts = np.bincount(dataset.target, minlength=len(dataset.class_names))
        tests = round(settings.test_size * dataset.rows)
        if counts.min() >= 2 and min(tests, dataset.rows - tests) >= len(counts):
            strata = dataset.target
    train, test = train_test_split(rows, test_size=settings.test_size, random_state=settings.seed, stratify=strata)
    if dataset.class_names is not None and strata is None:
        train, test = _keep_every_class(dataset.target, train, test)
    if not len(test):
        raise ModelError("No row is left to test with; choose a larger table or a larger test share.")
    return np.sort(train), np.sort(test)


def _keep_every_class(
    target: npt.NDArray[Any], train: npt.NDArray[np.int64], test: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Move the first row of each class that only the test rows have to the training rows.

    Otherwise the forest would not know the class, and its columns would not be the dataset's classes.
    """
    unseen = np.setdiff1d(target[test], target[train])
    moved = np.array([test[np.argmax(target[test] == label)] for label in unseen], dtype=np.int64)
    return np.concatenate([train, moved]), np.setdiff1d(test, moved)
