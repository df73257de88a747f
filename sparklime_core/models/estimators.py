"""From a model's name to an estimator that is not fitted yet."""

from collections.abc import Callable, Sequence
from typing import Any

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
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sparklime_core.data.dataset import Dataset
from sparklime_core.models.settings import ModelSettings

MANY_ROWS = 20_000
"""A boosted regressor of so many rows is trained on histograms; one of fewer can be explained exactly."""

BOOSTING_DEPTH = 3
SHRINK = 0.1
"""scikit-learn's own learning rate of boosting."""


def build_estimator(dataset: Dataset, settings: ModelSettings, class_weight: str | None) -> BaseEstimator:
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
