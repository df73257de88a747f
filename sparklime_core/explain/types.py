"""Names for the arrays that the explaining code passes around."""

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
