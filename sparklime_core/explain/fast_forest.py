"""Predict with scikit-learn's forests without what surrounds each of their trees.

A forest's ``predict_proba`` adds up its trees' answers. For a block of 256 rows the answers take less time than
the checks, locks and warning filters around each of them, so that to predict a row costs as much as to explain
it. Here the same trees give the same answers, added in the same order: the same bits. Where numba is there, all
trees are read once, and walked in one compiled call.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from sparklime_core.explain.compiled_or_numpy import compiled_or_numpy
from sparklime_core.explain.types import FloatArray, IntArray, PredictFn

_MODULE = "sklearn.ensemble._forest"
_CLASSIFIERS = ("RandomForestClassifier", "ExtraTreesClassifier")
_REGRESSORS = ("RandomForestRegressor", "ExtraTreesRegressor")


def fast_forest_predict(predict_fn: PredictFn) -> PredictFn:
    """Return what gives the same bits sooner, or the function itself where nothing is known to."""
    forest: Any = getattr(predict_fn, "__self__", None)
    known = _is_known(type(forest), getattr(predict_fn, "__name__", ""))
    # A tree on several targets, or one that is not fitted, is left to scikit-learn.
    if not known or getattr(forest, "n_outputs_", 0) != 1 or predict_fn.__name__ in vars(forest):
        return predict_fn
    return partial(_predict, forest, predict_fn)


def _is_known(kind: type, name: str) -> bool:
    wanted = {"predict_proba": _CLASSIFIERS, "predict": _REGRESSORS}.get(name, ())
    return kind.__module__ == _MODULE and kind.__name__ in wanted


def _predict(forest: Any, predict_fn: PredictFn, rows: FloatArray) -> npt.NDArray[Any]:
    with np.errstate(over="ignore"):
        single = np.ascontiguousarray(rows, dtype=np.float32)
    if single.ndim != 2 or single.shape[1] != forest.n_features_in_ or not np.isfinite(single).all():
        return predict_fn(rows)
    trees = [tree.tree_ for tree in forest.estimators_]
    total: FloatArray = np.zeros((len(single), trees[0].value.shape[2]))
    implementation()(forest, trees, single, total)
    total /= len(trees)
    return total[:, : forest.n_classes_] if hasattr(forest, "n_classes_") else total[:, 0]


@cache
def implementation() -> Callable[..., None]:
    """Return what adds the trees' answers up: compiled where numba is installed."""
    return compiled_or_numpy("forest_numba", "add_answers", add_answers_one_by_one)


def add_answers_one_by_one(
    _forest: Any, trees: list[Any], rows: npt.NDArray[np.float32], total: FloatArray
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


_nodes: WeakKeyDictionary[Any, Nodes] = WeakKeyDictionary()


def nodes_of(forest: Any, trees: list[Any]) -> Nodes:
    """Return the nodes of a forest's trees; they are read once, and again when the forest has other trees."""
    found = _nodes.get(forest)
    if found is None or found.trees != trees:  # a tree equals itself alone
        found = _nodes[forest] = _read_nodes(trees)
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
