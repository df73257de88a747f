"""Whether a row has a target."""

from typing import Any

import numpy as np
import numpy.typing as npt

UNLABELLED = -1
"""The class code of a row without a class; in regression, NaN stands for "no value"."""


def is_labelled(target: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return (n,) which class codes or values are there."""
    found: npt.NDArray[np.bool_] = np.isfinite(target) if target.dtype.kind == "f" else target >= 0
    return found
