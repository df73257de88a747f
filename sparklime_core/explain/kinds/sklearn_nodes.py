"""scikit-learn's low-level trees, put end to end."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from sparklime_core.errors import EngineError
from sparklime_core.explain.exact.ensemble import Ensemble


def check_outputs(estimator: Any) -> None:
    """Raise `EngineError` when an estimator predicts several targets at once."""
    outputs = getattr(estimator, "n_outputs_", 1)
    if outputs != 1:
        raise EngineError(f"This {type(estimator).__name__} predicts {outputs} targets, and LIME explains one.")


def joined(trees: Iterable[Any], scale: float, offset: float) -> Ensemble:
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
        gap_left=together("missing_go_to_left") != 0,
    )
