"""The one kernel under which the features of lime's samples stay independent."""

from sparklime_core.errors import EngineError
from sparklime_core.explain.binned_pool import kernel_table
from sparklime_core.explain.features import feature_count
from sparklime_core.explain.profiles.neighbourhood import product_factor
from sparklime_core.explain.types import Explainer


def kernel_factor(explainer: Explainer) -> float:
    """Return rho, the weight that a sample loses with each feature that differs from the row's.

    lime's default kernel of m mismatches is ``sqrt(exp(-m / width^2))``, a product over the features.

    Raises
    ------
    EngineError
        When the explainer's kernel is no such product.
    """
    rho = product_factor(kernel_table(explainer, feature_count(explainer)))
    if rho is None:
        raise EngineError(
            "Engine 'exact' needs lime's default exponential kernel, of any width, and this explainer has "
            "another one; use engine 'sampled', which takes any kernel."
        )
    return rho
