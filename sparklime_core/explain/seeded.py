"""An explainer under the seed contract: every row sees the same draws."""

import copy

import numpy as np

from sparklime_core.explain.types import Explainer


def seeded(explainer: Explainer, seed: int) -> Explainer:
    """Return a copy of an explainer whose one random state, shared by all its parts, is ``RandomState(seed)``."""
    state = np.random.RandomState(seed)
    twin = copy.copy(explainer)
    twin.base = copy.copy(explainer.base)
    twin.discretizer = copy.copy(explainer.discretizer)
    for part in (twin, twin.base, twin.discretizer):
        if part is not None:
            part.random_state = state
    return twin
