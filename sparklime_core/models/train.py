"""Train a model on the labelled rows of a dataset, and measure it on rows that it has not seen.

A new kind of model is a function that makes its estimator, in `_BUILDERS`, and a name in `settings.KINDS`.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sparklime_core.data.dataset import Dataset
from sparklime_core.errors import ModelError, raised_as
from sparklime_core.explain.types import predict_fn_of
from sparklime_core.models.evaluation import Metrics, measure
from sparklime_core.models.model_files import ModelFile
from sparklime_core.models.settings import ModelSettings

IMBALANCED = 10
"""Classes are imbalanced when the largest has so many times the rows of the smallest, ..."""

ENOUGH = 5
"""... where classes of fewer rows are not counted."""

Positions = npt.NDArray[np.int64]


MANY_ROWS = 20_000
"""A boosted regressor of so many rows is trained on histograms; one of fewer can be explained exactly."""

BOOSTING_DEPTH = 3
SHRINK = 0.1
"""scikit-learn's own learning rate of boosting."""


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
        return predict_fn_of(self.estimator)


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
    estimator: Any = _build_estimator(dataset, settings, class_weight)
    if settings.rows_per_tree is not None:
        estimator.set_params(bootstrap=True, max_samples=min(settings.rows_per_tree, len(train)))
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


@raised_as(ModelError, "The model cannot be trained")
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
    return train_with(dataset, ModelSettings(n_estimators, max_depth, min_samples_leaf, test_size, seed))


def _build_estimator(dataset: Dataset, settings: ModelSettings, class_weight: str | None) -> BaseEstimator:
    """Return an estimator for a dataset's features; `class_weight` is scikit-learn's, and of classes only."""
    return _BUILDERS[settings.kind](dataset, settings, class_weight)


def _forest(dataset: Dataset, settings: ModelSettings, class_weight: str | None) -> BaseEstimator:
    regression, classification = RandomForestRegressor, RandomForestClassifier
    return _trees(regression, classification, dataset, settings, class_weight)


def _extra_trees(dataset: Dataset, settings: ModelSettings, class_weight: str | None) -> BaseEstimator:
    return _trees(ExtraTreesRegressor, ExtraTreesClassifier, dataset, settings, class_weight)


def _trees(
    regression: type, classification: type, dataset: Dataset, settings: ModelSettings, class_weight: str | None
) -> BaseEstimator:
    chosen: dict[str, Any] = {
        "n_estimators": settings.n_estimators,
        "max_depth": settings.max_depth,
        "min_samples_leaf": settings.min_samples_leaf,
        "random_state": settings.seed,
        "n_jobs": -1,
    }
    if dataset.class_names is None:
        return regression(**chosen)
    return classification(**chosen, class_weight=class_weight)


def _boosting(dataset: Dataset, settings: ModelSettings, class_weight: str | None) -> BaseEstimator:
    depth = settings.max_depth or BOOSTING_DEPTH
    common: dict[str, Any] = {
        "max_depth": depth,
        "min_samples_leaf": settings.min_samples_leaf,
        "learning_rate": SHRINK,
    }
    if dataset.class_names is None and dataset.rows <= MANY_ROWS:
        return GradientBoostingRegressor(n_estimators=settings.n_estimators, random_state=settings.seed, **common)
    common |= {"max_iter": settings.n_estimators, "random_state": settings.seed, "early_stopping": False}
    if dataset.class_names is None:
        return HistGradientBoostingRegressor(**common)
    return HistGradientBoostingClassifier(class_weight=class_weight, **common)


def _linear(dataset: Dataset, settings: ModelSettings, class_weight: str | None) -> BaseEstimator:
    """Return a linear model that decodes what a linear model cannot use: sentinels and codes."""
    if dataset.class_names is None:
        last: BaseEstimator = Ridge(random_state=settings.seed)
    else:
        last = LogisticRegression(max_iter=1000, class_weight=class_weight, random_state=settings.seed)
    return Pipeline([("decode", _decoder(dataset)), ("model", last)])


def _decoder(dataset: Dataset) -> ColumnTransformer:
    """Return a transformer of encoded features: gaps imputed and indicated, numbers scaled, codes one-hot."""
    codes = dataset.categorical_names
    gaps = dataset.missing_values
    plain = [index for index in range(len(dataset.feature_names)) if index not in codes and index not in gaps]
    steps: list[tuple[str, Any, Sequence[int]]] = [("numbers", StandardScaler(), plain)]
    for index, sentinel in gaps.items():
        imputer = SimpleImputer(missing_values=sentinel, strategy="median", add_indicator=True)
        steps.append((f"gaps_{index}", Pipeline([("impute", imputer), ("scale", StandardScaler())]), [index]))
    if codes:
        known = [[float(code) for code in range(len(names))] for names in codes.values()]
        steps.append(("codes", OneHotEncoder(categories=known, sparse_output=False), list(codes)))
    return ColumnTransformer(steps)


_BUILDERS: dict[str, Callable[[Dataset, ModelSettings, str | None], BaseEstimator]] = {
    "forest": _forest,
    "extra_trees": _extra_trees,
    "boosting": _boosting,
    "linear": _linear,
}
