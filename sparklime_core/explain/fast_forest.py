"""Predict with scikit-learn's forests without what surrounds each of their trees.

A forest's ``predict_proba`` adds up its trees' answers. For a block of 256 rows the answers take less time than
the checks, locks and warning filters around each of them, so that to predict a row costs as much as to explain
it. Here the same trees give the same answers, added in the same order: the same bits.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from sparklime_core.explain.types import FloatArray, PredictFn

_MODULE = "sklearn.ensemble._forest"
_CLASSIFIERS = ("RandomForestClassifier", "ExtraTreesClassifier")
_REGRESSORS = ("RandomForestRegressor", "ExtraTreesRegressor")


def fast_forest_predict(predict_fn: PredictFn) -> PredictFn:
    """Return what gives the same bits sooner, or the function itself where nothing is known to."""
    forest: Any = getattr(predict_fn, "__self__", None)
    add = _additions(type(forest), getattr(predict_fn, "__name__", ""))
    # A tree on several targets, or one that is not fitted, is left to scikit-learn.
    if add is None or getattr(forest, "n_outputs_", 0) != 1 or predict_fn.__name__ in vars(forest):
        return predict_fn
    return partial(_predict, forest, predict_fn, add)


_Add = Callable[[Any, npt.NDArray[np.float32]], FloatArray]


def _additions(kind: type, name: str) -> _Add | None:
    if kind.__module__ != _MODULE:
        return None
    if kind.__name__ in _CLASSIFIERS and name == "predict_proba":
        return _probabilities
    return _values if kind.__name__ in _REGRESSORS and name == "predict" else None


def _predict(forest: Any, predict_fn: PredictFn, add: _Add, rows: FloatArray) -> npt.NDArray[Any]:
    with np.errstate(over="ignore"):
        single = np.ascontiguousarray(rows, dtype=np.float32)
    if single.ndim != 2 or single.shape[1] != forest.n_features_in_ or not np.isfinite(single).all():
        return predict_fn(rows)
    return add(forest, single) / len(forest.estimators_)


def _probabilities(forest: Any, rows: npt.NDArray[np.float32]) -> FloatArray:
    total: FloatArray = np.zeros((len(rows), forest.n_classes_))
    for tree in forest.estimators_:
        total += tree.tree_.predict(rows)[:, : forest.n_classes_]
    return total


def _values(forest: Any, rows: npt.NDArray[np.float32]) -> FloatArray:
    total: FloatArray = np.zeros(len(rows))
    for tree in forest.estimators_:
        total += tree.tree_.predict(rows)[:, 0]
    return total
