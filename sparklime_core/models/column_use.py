"""Which columns of a table a fitted scikit-learn model uses, and which categories it knows of them."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, Pipeline

from sparklime_core.errors import ModelError

KEEPS_COLUMNS = ("SimpleImputer", "FunctionTransformer", "KNNImputer", "IterativeImputer")
"""Steps whose columns are those that they are given, in the same order."""

INNER = ("best_estimator_", "regressor_")
"""Where a search has the model that it has chosen, and ``TransformedTargetRegressor`` the one that it asks."""


def named_columns(estimator: Any) -> tuple[str, ...] | None:
    """Return the columns that a model was fitted on, in order; None where they had no names."""
    for part in _first_steps(estimator):
        names = getattr(part, "feature_names_in_", None)
        if names is not None:
            return tuple(map(str, names))
    return None


def used_columns(estimator: Any, names: Sequence[str]) -> frozenset[str]:
    """Return those of the columns `names` that a model looks at: a `ColumnTransformer` may drop some."""
    *_, last = _first_steps(estimator)
    if isinstance(last, FeatureUnion):
        parts = [part for _, part in last.transformer_list if not isinstance(part, str)]
        return frozenset().union(*(used_columns(part, names) for part in parts))
    if not isinstance(last, ColumnTransformer):
        return frozenset(names)
    used: set[str] = set()
    for _, part, chosen in last.transformers_:
        if not (isinstance(part, str) and part == "drop"):
            used.update(_names_of(chosen, names))
    return frozenset(used)


def known_categories(estimator: Any, names: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
    """Return the categories of each column that the encoder knows which gets the column as it is, but for gaps."""
    for part in _first_steps(estimator):
        categories = getattr(part, "categories_", None)
        if categories is not None and len(categories) == len(names):
            return dict(zip(names, map(np.asarray, categories), strict=True))
        if isinstance(part, (ColumnTransformer, FeatureUnion)):
            break
    found: dict[str, npt.NDArray[Any]] = {}
    for inner, chosen in _branches(part, names):
        found.update(known_categories(inner, chosen))
    return found


def _branches(part: Any, names: Sequence[str]) -> Iterator[tuple[Any, Sequence[str]]]:
    """Yield the estimators among which a part divides columns, and the columns of each."""
    if isinstance(part, ColumnTransformer):
        for _, inner, chosen in part.transformers_:
            if not isinstance(inner, str):
                yield inner, _names_of(chosen, names)
    elif isinstance(part, FeatureUnion):
        yield from ((inner, names) for _, inner in part.transformer_list if not isinstance(inner, str))


def _first_steps(estimator: Any) -> Iterator[Any]:
    """Yield a model, what in it gets the columns first, and so on; and what comes after steps that keep them."""
    yield estimator
    for name in INNER:
        if hasattr(estimator, name):
            yield from _first_steps(getattr(estimator, name))
            return
    if not isinstance(estimator, Pipeline):
        return
    for _, step in estimator.steps:
        if step is None or isinstance(step, str):
            continue
        yield from _first_steps(step)
        if type(step).__name__ not in KEEPS_COLUMNS:
            return


def _names_of(chosen: Any, names: Sequence[str]) -> list[str]:
    """Return the names of a `ColumnTransformer`'s columns, given as names, positions, a mask or a slice."""
    if isinstance(chosen, str):
        return [chosen]
    if isinstance(chosen, slice) and any(isinstance(end, str) for end in (chosen.start, chosen.stop)):
        index = pd.Index(names)
        return list(index[index.slice_indexer(chosen.start, chosen.stop)])
    if not isinstance(chosen, slice):
        listed = np.atleast_1d(np.asarray(chosen))
        if listed.dtype.kind in "OU":
            return [str(name) for name in listed]
        chosen = listed if len(listed) else slice(0)
    try:
        return [str(name) for name in np.asarray(names, dtype=object)[chosen]]
    except IndexError as error:
        raise ModelError("The model's ColumnTransformer takes columns that it was not fitted on.") from error
