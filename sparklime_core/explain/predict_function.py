"""Call a predict function, and check what it returns, so that an error is one sentence.

A forest's ``predict_proba`` adds up its trees' answers. For a block of 256 rows the answers take less time than
the checks, locks and warning filters around each of them, so that to predict a row costs as much as to explain
it. Here the same trees give the same answers, added in the same order: the same bits. Where numba is there, all
trees are read once, and walked in one compiled call.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from sparklime_core.errors import ModelError, PredictionError, raised_as
from sparklime_core.explain.compiled import compiled_or_numpy
from sparklime_core.explain.kinds.model_kind import Margin, kind_of, predict_name
from sparklime_core.explain.runtime import phase
from sparklime_core.explain.settings import OutputName
from sparklime_core.explain.types import FloatArray, IntArray, PredictFn

SUM_TOLERANCE = 1e-3
"""How far the sum of a row's probabilities may be from one: wide enough for float32 models."""


def resolve_predict(model: Any, mode: str, output: OutputName = "probability") -> PredictFn:
    """Return what lime takes; an estimator or a `Model` stands for its own function of the wanted output.

    Raises
    ------
    PredictionError
        When the model is neither a function nor such an estimator.
    ModelError
        When its margin is wanted, and it has none.
    """
    if isinstance(model, type):
        raise PredictionError(f"The model is the class {model.__name__}; give a fitted instance.")
    if output == "margin":
        return _margin(model, mode)
    name = predict_name(mode)
    found = model if callable(model) else getattr(model, name, None)
    if found is None:
        kind = kind_of(model)
        found = getattr(model, "predict_fn", None) if kind is None else kind.predict_fn(mode)
    if not callable(found):
        raise PredictionError(
            f"In {mode} lime needs a predict function or an estimator with {name}, not {type(model).__name__}."
        )
    function: PredictFn = found
    return function


def _margin(model: Any, mode: str) -> Margin:
    """Return the margin of a model, of an estimator, or of the one that a function is bound to."""
    model = getattr(model, "predict_fn", model)
    model = getattr(model, "__self__", model)
    kind = kind_of(model)
    if kind is None:
        name = getattr(model, "__qualname__", type(model).__name__)
        raise ModelError(f"{name} has no margin that is known here; use output='probability'.")
    kind.check_margin(mode)
    return Margin(kind, mode)


def predict_columns(predict_fn: PredictFn, rows: FloatArray, mode: str) -> FloatArray:
    """Return predictions as (n, K): class probabilities or margins, or one column of values in regression.

    The same bits as `checked_call`, and faster where the model is a forest.
    """
    return checked_call(fast_forest_predict(predict_fn), rows, mode)


def checked_call(predict_fn: PredictFn, rows: FloatArray, mode: str) -> FloatArray:
    """Call a predict function; return its predictions as (n, K).

    Parameters
    ----------
    predict_fn
        What lime takes. It may return all that numpy turns into an array of numbers: lists and tables, too.
    rows
        (n, d) floats; the function gets a copy.
    mode
        lime's ``"classification"`` or ``"regression"``.

    Raises
    ------
    PredictionError
        When the function fails, or returns the wrong shape, what is no finite number, or no probabilities.
    """
    with phase("model"):
        returned = _numbers(predict_fn, rows)
    if mode == "regression" and returned.ndim == 2 and returned.shape[1] == 1:
        returned = returned[:, 0]
    if returned.ndim != (1 if mode == "regression" else 2) or len(returned) != len(rows):
        wanted = "one value per row" if mode == "regression" else "one probability per class for each row"
        raise PredictionError(
            f"The predict function returned an array of shape {returned.shape} for {len(rows)} rows; "
            f"in {mode} lime needs {wanted}."
        )
    finite = np.isfinite(returned.reshape(len(rows), -1)).all(axis=1)
    if not finite.all():
        raise PredictionError(
            f"The predict function returned a value that is not a finite number, first for row "
            f"{int(np.flatnonzero(~finite)[0])}."
        )
    if mode == "regression":
        return returned[:, None]
    if not isinstance(predict_fn, Margin):
        _check_sums(returned)
    return returned


def _numbers(predict_fn: Callable[[FloatArray], Any], rows: FloatArray) -> FloatArray:
    """Return what a predict function returns, as an array of its own: it may reuse its input and its output."""
    with raised_as(PredictionError, f"The predict function failed on {len(rows)} rows"):
        returned = predict_fn(rows.copy())
    with raised_as(PredictionError, f"The predict function returned a {type(returned).__name__} and no numbers"):
        found: npt.NDArray[Any] = np.asarray(returned)
        if np.ma.isMaskedArray(returned):
            found = np.ma.filled(returned.astype(np.float64), np.nan)
        texts = found.dtype.kind == "O" and any(isinstance(value, (str, bytes)) for value in found.flat)
        if texts or found.dtype.kind not in "biufO":
            raise TypeError("texts" if texts else f"an array of {found.dtype}")
        return np.array(found, dtype=np.float64)


def _check_sums(probabilities: FloatArray) -> None:
    distance = np.abs(probabilities.sum(axis=1) - 1)
    if not (distance > SUM_TOLERANCE).any():
        return
    bad = int(np.argmax(distance))
    raise PredictionError(
        f"The predict function returned probabilities that sum to {probabilities[bad].sum():.4g} and not to 1, "
        f"for row {bad}; give one that returns class probabilities."
    )


_FOREST_MODULE = "sklearn.ensemble._forest"
_FOREST_CLASSIFIERS = ("RandomForestClassifier", "ExtraTreesClassifier")
_FOREST_REGRESSORS = ("RandomForestRegressor", "ExtraTreesRegressor")


def fast_forest_predict(predict_fn: PredictFn) -> PredictFn:
    """Return a faster function with the same bits for a forest's; the function itself for any other."""
    forest: Any = getattr(predict_fn, "__self__", None)
    known = _is_forest(type(forest), getattr(predict_fn, "__name__", ""))
    # A tree on several targets, or one that is not fitted, is left to scikit-learn.
    if not known or getattr(forest, "n_outputs_", 0) != 1 or predict_fn.__name__ in vars(forest):
        return predict_fn
    return partial(_predict_forest, forest, predict_fn)


def _is_forest(kind: type, name: str) -> bool:
    wanted = {"predict_proba": _FOREST_CLASSIFIERS, "predict": _FOREST_REGRESSORS}.get(name, ())
    return kind.__module__ == _FOREST_MODULE and kind.__name__ in wanted


def _predict_forest(forest: Any, predict_fn: PredictFn, rows: FloatArray) -> npt.NDArray[Any]:
    with np.errstate(over="ignore"):
        single = np.ascontiguousarray(rows, dtype=np.float32)
    if single.ndim != 2 or single.shape[1] != forest.n_features_in_ or not np.isfinite(single).all():
        return predict_fn(rows)
    trees = [tree.tree_ for tree in forest.estimators_]
    total: FloatArray = np.zeros((len(single), trees[0].value.shape[2]))
    add = compiled_or_numpy("forest_answers", "add_answers", add_answers_one_by_one)
    add(partial(nodes_of, forest, trees), trees, single, total)
    total /= len(trees)
    return total[:, : forest.n_classes_] if hasattr(forest, "n_classes_") else total[:, 0]


def add_answers_one_by_one(
    _read_nodes: Callable[[], Any], trees: list[Any], rows: npt.NDArray[np.float32], total: FloatArray
) -> None:
    """Add the answers of trees to a total (n, K), tree by tree."""
    for tree in trees:
        total += tree.predict(rows)


@dataclass(frozen=True)
class Nodes:
    """The nodes of all trees of a forest, end to end.

    Attributes
    ----------
    trees
        What they were read from.
    roots
        Where each tree begins.
    feature, threshold
        Of each split: a value that is not above the threshold goes to the left.
    children
        (n, 2) nodes on the left and on the right; those of a leaf are the leaf itself.
    value
        (n, K) answers.
    """

    trees: list[Any]
    roots: IntArray
    feature: IntArray
    threshold: FloatArray
    children: IntArray
    value: FloatArray


_nodes_by_forest: WeakKeyDictionary[Any, Nodes] = WeakKeyDictionary()


def nodes_of(forest: Any, trees: list[Any]) -> Nodes:
    """Return the nodes of a forest's trees; they are read once, and again when the forest has other trees."""
    found = _nodes_by_forest.get(forest)
    if found is None or found.trees != trees:  # a tree equals itself alone
        found = _nodes_by_forest[forest] = _read_nodes(trees)
    return found


def _read_nodes(trees: list[Any]) -> Nodes:
    sizes = [tree.node_count for tree in trees]
    roots = np.cumsum([0, *sizes])[:-1]
    begin = np.repeat(roots, sizes)[:, None]
    children = np.column_stack(
        [np.concatenate([getattr(tree, side) for tree in trees]) for side in ("children_left", "children_right")]
    ).astype(np.int64)
    leaf = children[:, 0] < 0
    feature = np.concatenate([tree.feature for tree in trees]).astype(np.int64)
    return Nodes(
        trees,
        roots,
        np.where(leaf, 0, feature),
        np.concatenate([tree.threshold for tree in trees]),
        np.where(leaf[:, None], np.arange(len(leaf))[:, None], begin + children),
        np.concatenate([tree.value[:, 0, :] for tree in trees]),
    )
