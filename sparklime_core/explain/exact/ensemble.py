"""A sum of trees in plain arrays, read from the model behind a predict function."""

from dataclasses import dataclass, replace

import numpy as np

from sparklime_core.errors import EngineError
from sparklime_core.explain.kinds.model_kind import Margin, predict_name
from sparklime_core.explain.kinds.registry import KINDS, kind_of
from sparklime_core.explain.types import FloatArray, IntArray, PredictFn


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
    """Read the sum of trees behind a margin, or a bound ``predict_proba`` (``predict`` in regression).

    Raises
    ------
    EngineError
        When the function is anything else, or the model of a kind whose expectations have no closed form here.
    """
    needed = predict_name(mode)
    margin = isinstance(predict_fn, Margin)
    model = getattr(predict_fn, "__self__", None)
    if model is None or not (margin or getattr(predict_fn, "__name__", None) == needed):
        name = getattr(predict_fn, "__qualname__", type(predict_fn).__name__)
        raise EngineError(
            f"Engine 'exact' in {mode} needs the bound {needed} of a tree ensemble (or the estimator itself), "
            f"not {name!r}; use engine 'sampled', which takes any predict function."
        )
    kind = kind_of(model)
    if kind is None:
        known = ", ".join(entry.title for entry in KINDS if entry.title)
        raise EngineError(
            f"Engine 'exact' in {mode} does not know {type(model).__name__}; it knows {known}. "
            "Use engine 'sampled', which takes any model."
        )
    return kind.trees(mode, "margin" if margin else "probability")


def one_label_a_tree(ensemble: Ensemble, label: IntArray, start: FloatArray) -> Ensemble:
    """Return boosted trees of one value a leaf with each tree's value at its own label.

    Parameters
    ----------
    ensemble
        Values (M, 1); its offset is replaced.
    label
        (T,) which score each tree adds to.
    start
        (S,) what each score starts from. Where there is one score of two classes, see `mirrored`.
    """
    tree = np.searchsorted(ensemble.roots, np.arange(len(ensemble.left)), side="right") - 1
    value = np.zeros((len(ensemble.left), len(start)))
    value[np.arange(len(tree)), label[tree]] = ensemble.value[:, 0]
    single = ensemble.roots[ensemble.left[ensemble.roots] < 0]
    return replace(ensemble, value=value, offset=start + value[single].sum(axis=0))


def mirrored(ensemble: Ensemble) -> Ensemble:
    """Return the log-odds of both classes: those of the first are those of the second with the other sign."""
    value, offset = ensemble.value[:, 0], ensemble.offset[0]
    return replace(ensemble, value=np.column_stack([-value, value]), offset=np.array([-offset, offset]))
