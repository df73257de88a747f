"""Names for the arrays and functions that the explaining code passes around."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]

Explainer: TypeAlias = Any
"""A fitted ``lime.lime_tabular.LimeTabularExplainer`` (lime carries no types)."""

PredictFn: TypeAlias = Callable[[FloatArray], npt.NDArray[Any]]
"""What lime takes: (n, d) rows to (n, K) probabilities, or to (n,) values in regression."""

Positions = npt.NDArray[Any]
"""Unsigned whole numbers: a code's place among the codes of its feature."""


def predict_fn_of(estimator: Any) -> PredictFn:
    """Return what lime takes of a fitted estimator: its bound ``predict_proba``, or ``predict`` in regression."""
    return getattr(estimator, "predict_proba", None) or estimator.predict  # type: ignore[no-any-return]
