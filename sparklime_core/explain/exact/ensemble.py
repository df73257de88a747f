"""Read scikit-learn's tree ensembles into plain arrays."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor

from sparklime_core.errors import EngineError
from sparklime_core.explain.types import FloatArray, IntArray, PredictFn

TREES = (DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor)
FORESTS = (RandomForestClassifier, RandomForestRegressor, ExtraTreesClassifier, ExtraTreesRegressor)
SUPPORTED = (*TREES, *FORESTS, GradientBoostingRegressor)


@dataclass(frozen=True)
class Ensemble:
    """A model that is ``offset`` plus the sum of one leaf's value from each tree.

    Attributes
    ----------
    roots
        (T,) the node where each tree starts.
    left, right
        (M,) children of each node; -1 at a leaf.
    feature, threshold
        (M,) a row goes to the left where the feature, as a float32, is not above the threshold.
    value
        (M, K) what a leaf adds to each label.
    offset
        (K,) what is there without any split: the start of boosting, and trees that are one leaf.
    visits
        How many splits a training row passes, over all trees.
    """

    roots: IntArray
    left: IntArray
    right: IntArray
    feature: IntArray
    threshold: FloatArray
    value: FloatArray
    offset: FloatArray
    visits: float


def read_ensemble(predict_fn: PredictFn, mode: str) -> Ensemble:
    """Read the ensemble behind a bound ``predict_proba`` (or ``predict``, in lime's mode ``"regression"``).

    Raises
    ------
    EngineError
        When the function is anything else, or the ensemble of a kind whose expectations have no closed form here.
    """
    needed = "predict" if mode == "regression" else "predict_proba"
    estimator: Any = getattr(predict_fn, "__self__", None)
    if estimator is None or getattr(predict_fn, "__name__", None) != needed:
        name = getattr(predict_fn, "__qualname__", type(predict_fn).__name__)
        raise EngineError(
            f"Engine 'exact' in {mode} needs the bound {needed} of a tree ensemble (or the estimator itself), "
            f"not {name!r}; use engine 'sampled', which takes any predict function."
        )
    kind = type(estimator)
    if kind not in SUPPORTED or (mode == "regression") == hasattr(estimator, "predict_proba"):
        raise EngineError(
            f"Engine 'exact' in {mode} does not know {kind.__name__}; it knows scikit-learn's "
            f"{', '.join(known.__name__ for known in SUPPORTED)}. Use engine 'sampled', which takes any model."
        )
    if getattr(estimator, "n_outputs_", 1) != 1:
        raise EngineError(f"This {kind.__name__} predicts {estimator.n_outputs_} targets, and LIME explains one.")
    if kind in TREES:
        return _joined([estimator.tree_], 1.0, 0.0)
    if kind in FORESTS:
        return _joined([tree.tree_ for tree in estimator.estimators_], 1.0 / len(estimator.estimators_), 0.0)
    return _joined((stage[0].tree_ for stage in estimator.estimators_), estimator.learning_rate, _start(estimator))


def _start(estimator: GradientBoostingRegressor) -> float:
    """Return what boosting starts from."""
    if estimator.init == "zero":
        return 0.0
    if not isinstance(estimator.init_, DummyRegressor):
        raise EngineError(
            f"Engine 'exact' cannot look into the init of this GradientBoostingRegressor, a "
            f"{type(estimator.init_).__name__}; use engine 'sampled', which takes any model."
        )
    return float(np.ravel(estimator.init_.constant_)[0])


def _joined(trees: Iterable[Any], scale: float, offset: float) -> Ensemble:
    """Put scikit-learn's low-level trees end to end, their values scaled as the ensemble adds them up."""
    parts = list(trees)
    sizes = np.array([tree.node_count for tree in parts], dtype=np.int64)
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    first = np.repeat(roots, sizes)

    def together(name: str) -> Any:
        return np.concatenate([getattr(tree, name) for tree in parts])

    left, right = together("children_left").astype(np.int64), together("children_right").astype(np.int64)
    inner = left >= 0
    value = together("value")[:, 0, :].astype(np.float64) * scale
    samples = together("n_node_samples")
    return Ensemble(
        roots=roots,
        left=np.where(inner, left + first, -1),
        right=np.where(inner, right + first, -1),
        feature=np.where(inner, together("feature"), 0).astype(np.int64),
        threshold=np.where(inner, together("threshold"), 0.0).astype(np.float64),
        value=value,
        offset=offset + value[roots[left[roots] < 0]].sum(axis=0),
        visits=float((samples / samples[first])[inner].sum()),
    )
