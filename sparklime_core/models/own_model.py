"""A person's own scikit-learn model: from a skops file, audited, and checked against its dataset."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator

from sparklime_core.data.dataset import Dataset
from sparklime_core.errors import ModelError
from sparklime_core.models.metrics import measure
from sparklime_core.models.model_files import load_estimator
from sparklime_core.models.settings import ModelSettings
from sparklime_core.models.train import Model

OWN = "the model was trained elsewhere: the rows that it is measured on may be rows that it has learnt from"


def load_model(path: Path, dataset: Dataset) -> Model:
    """Load a model that was trained elsewhere on the features of a dataset as SparkLIME encodes them.

    Raises
    ------
    ModelError
        When the file is no skops file or holds untrusted types, or the model does not fit the dataset.
    """
    return check_model(load_estimator(path), dataset)


def check_model(estimator: Any, dataset: Dataset) -> Model:
    """Take over a fitted scikit-learn estimator, when it fits the dataset's features and classes.

    Raises
    ------
    ModelError
        When it does not.
    """
    _check_width(estimator, dataset)
    _check_task(estimator, dataset)
    _check_trees(estimator)
    if hasattr(estimator, "n_jobs"):
        estimator.n_jobs = 1
    rows = np.flatnonzero(dataset.labelled & np.isfinite(dataset.features).all(axis=1))
    try:
        metrics = measure(estimator, dataset.features[rows], dataset.target[rows], dataset.class_names)
    except Exception as error:
        reason = " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__
        raise ModelError(f"The model cannot predict the rows of {dataset.name!r}: {reason}.") from error
    return Model(estimator, ModelSettings(), metrics, np.empty(0, dtype=np.int64), (OWN,), trained_elsewhere=True)


def _check_width(estimator: Any, dataset: Dataset) -> None:
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None and tuple(map(str, names)) != dataset.feature_names:
        pairs = zip(map(str, names), dataset.feature_names, strict=False)
        unlike = next((f"{ours!r} where it wants {theirs!r}" for theirs, ours in pairs if theirs != ours), "")
        raise ModelError(
            f"The model wants {len(names)} features, and the table has {len(dataset.feature_names)}"
            + (f", the first that differs being {unlike}" if unlike else "")
            + "; change the columns' roles."
        )
    width = getattr(estimator, "n_features_in_", None)
    if width is None:
        raise ModelError("The file holds no fitted scikit-learn model.")
    if width != len(dataset.feature_names):
        raise ModelError(
            f"The model wants {width} features, and the table has {len(dataset.feature_names)}; "
            "change the columns' roles."
        )


def _check_task(estimator: Any, dataset: Dataset) -> None:
    classes = getattr(estimator, "classes_", None)
    if dataset.class_names is None:
        if classes is not None or not hasattr(estimator, "predict"):
            raise ModelError("The model predicts classes, and the target is a number; choose the other task.")
        return
    if classes is None:
        raise ModelError("The model predicts numbers, and the target is of classes; choose the other task.")
    if not hasattr(estimator, "predict_proba"):
        raise ModelError("The model has no predict_proba, which LIME needs; train it with probabilities.")
    known = tuple(map(str, np.asarray(classes).tolist()))
    if known not in (dataset.class_names, tuple(map(str, range(len(dataset.class_names))))):
        raise ModelError(
            f"The model knows the classes {', '.join(known[:8])}, and the target has "
            f"{', '.join(dataset.class_names[:8])}; they must be the same, in the same order."
        )


def _check_trees(estimator: Any) -> None:
    """Refuse trees whose nodes point outside or back: predicting with them could crash or never end."""
    for part in _parts(estimator, set()):
        tree = getattr(part, "tree_", None)
        if tree is not None:
            inner = tree.children_left != -1
            children = (tree.children_left[inner], tree.children_right[inner])
            _check_nodes(np.flatnonzero(inner), children, tree.feature[inner], tree.node_count, tree.n_features)
        elif type(part).__name__ == "TreePredictor":
            nodes = part.nodes[part.nodes["is_leaf"] == 0]
            at = np.flatnonzero(part.nodes["is_leaf"] == 0)
            width = estimator.n_features_in_
            _check_nodes(at, (nodes["left"], nodes["right"]), nodes["feature_idx"], len(part.nodes), width)


def _check_nodes(
    at: npt.NDArray[Any],
    children: tuple[npt.NDArray[Any], npt.NDArray[Any]],
    feature: npt.NDArray[Any],
    count: int,
    width: int,
) -> None:
    """Check a tree's splits: their positions, children and features, of so many nodes and features."""
    backward = any(
        (child.astype(np.int64) <= at).any() or (child.astype(np.int64) >= count).any() for child in children
    )
    if backward or (feature < 0).any() or (feature >= width).any():
        raise ModelError("The model holds a damaged tree; save it again.")


def _parts(found: Any, seen: set[int]) -> Iterator[Any]:
    """Yield an estimator and everything in it, once each."""
    if id(found) in seen or isinstance(found, (str, bytes, int, float, type(None))):
        return
    seen.add(id(found))
    yield found
    inside: Iterable[Any] = ()
    if isinstance(found, dict):
        inside = found.values()
    elif isinstance(found, (list, tuple)) or (isinstance(found, np.ndarray) and found.dtype == object):
        inside = np.ravel(found) if isinstance(found, np.ndarray) else found
    elif isinstance(found, BaseEstimator):
        inside = vars(found).values()
    for part in inside:
        yield from _parts(part, seen)
