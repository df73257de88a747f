"""The one kernel under which the features of lime's samples stay independent."""

import numpy as np

from sparklime_core.errors import EngineError
from sparklime_core.explain.binned_pool import kernel_table
from sparklime_core.explain.features import feature_count
from sparklime_core.explain.types import Explainer

KERNEL_TOLERANCE = 1e-9
"""How far the kernel may be from a product over features, relative to itself."""


def kernel_factor(explainer: Explainer) -> float:
    """Return rho, the weight that a sample loses with each feature that differs from the row's.

    lime's default kernel of m mismatches is ``sqrt(exp(-m / width^2))``, a product over the features.

    Raises
    ------
    EngineError
        When the explainer's kernel is no such product.
    """
    weights = kernel_table(explainer, feature_count(explainer))
    expected = weights[1] ** np.arange(len(weights))
    if not (0 <= weights[1] <= 1 and np.allclose(weights, expected, rtol=KERNEL_TOLERANCE, atol=1e-300)):
        raise EngineError(
            "Engine 'exact' needs lime's default exponential kernel, of any width, and this explainer has "
            "another one; use engine 'sampled', which takes any kernel."
        )
    return float(weights[1])
