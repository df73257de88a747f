"""Facts of a fitted explainer that lime keeps in many forms: its features, its kernel, and how it draws and fits.

`seeded` puts an explainer under the seed contract.
"""

import copy
from typing import Any

import numpy as np
from lime.discretize import BaseDiscretizer
from lime.lime_base import LimeBase
from lime.lime_tabular import LimeTabularExplainer, RecurrentTabularExplainer

from sparklime_core.errors import EngineError, raised_as
from sparklime_core.explain.types import BoolArray, Explainer, FloatArray


def feature_names(explainer: Explainer) -> tuple[str, ...]:
    """Return the names of the features that the explainer was fitted on; lime ignores names beyond them.

    Raises
    ------
    EngineError
        When it is no fitted ``LimeTabularExplainer``, or has fewer names than features.
    """
    needed = ("explain_instance", "feature_names", "scaler", "base", "mode")
    if isinstance(explainer, type) or not all(hasattr(explainer, name) for name in needed):
        raise EngineError(f"A fitted LimeTabularExplainer is needed, not {type(explainer).__name__}.")
    names = tuple(map(str, explainer.feature_names))
    width = int(explainer.scaler.n_features_in_)
    if len(names) < width:
        raise EngineError(
            f"The explainer was fitted on {width} features and has {len(names)} feature_names; give each a name."
        )
    return names[:width]


def feature_count(explainer: Explainer) -> int:
    """Return the number of features."""
    return int(explainer.scaler.n_features_in_)


def categorical_keys(explainer: Explainer) -> dict[int, Any]:
    """Return the features whose values are categories, each with its own entry of ``categorical_features``.

    lime looks names and frequencies up by that entry, which may count from the end (-1).
    """
    binned = explainer.discretizer.lambdas if explainer.discretizer is not None else ()
    width = feature_count(explainer)
    return {int(key) % width: key for key in explainer.categorical_features if key not in binned}


def is_categorical(explainer: Explainer) -> BoolArray:
    """Return, for each feature, whether its values are categories (and not numbers or bins of numbers)."""
    categorical = categorical_keys(explainer)
    return np.array([feature in categorical for feature in range(feature_count(explainer))], dtype=np.bool_)


def category_names(explainer: Explainer, feature: int) -> dict[int, str]:
    """Return the name of each code of a categorical feature, ascending.

    ``categorical_names`` may hold lists, arrays, or dictionaries from codes to names; lime asks all of them for
    ``categorical_names[feature][code]``, and calls a category by its code where it has no names for the feature.

    Raises
    ------
    EngineError
        When the feature has names, but none of the codes that it was fitted on has one.
    """
    key = categorical_keys(explainer)[feature]
    drawn = sorted({int(value) for value in explainer.feature_values[key]})
    names = explainer.categorical_names
    if key not in names:
        return {code: str(code) for code in drawn}
    known = names[key]
    found: dict[int, str] = {}
    for code in sorted({*drawn, *_codes(known)}):
        # A list would take -1 for its last name.
        if code < 0 and not hasattr(known, "keys"):
            continue
        try:
            found[code] = str(known[code])
        except LookupError:
            continue
    if not any(code in found for code in drawn):
        raise EngineError(
            f"categorical_names has no name for any value of {str(explainer.feature_names[feature])!r} that the "
            f"explainer was fitted on, like {drawn[0]}; its names must be found by their codes."
        )
    return found


def _codes(names: Any) -> list[int]:
    if not hasattr(names, "keys"):
        return list(range(len(names)))
    numbers = (key for key in names.keys() if isinstance(key, (int, float, np.number)))  # noqa: SIM118
    return [int(key) for key in numbers if key == int(key)]


def check_fit(explainer: Explainer) -> None:
    """Raise `EngineError` when lime itself could explain no row with this explainer."""
    names = feature_names(explainer)
    if isinstance(explainer, RecurrentTabularExplainer):
        raise EngineError("A RecurrentTabularExplainer explains sequences and not rows; no engine can use it.")
    if explainer.mode not in ("classification", "regression"):
        raise EngineError(
            f"The explainer's mode is {explainer.mode!r}; lime knows 'classification' and 'regression'."
        )
    for feature, name in enumerate(names):
        if not all(np.isfinite(values).all() for values in _fitted_values(explainer, feature)):
            raise EngineError(
                f"The explainer was fitted on missing values of {name!r}, and lime cannot draw from them; fit it "
                "on rows without gaps, or let build_explainer give 'missing' a bin of its own."
            )


def _fitted_values(explainer: Explainer, feature: int) -> list[Any]:
    """Return the numbers that lime draws a feature's values from."""
    discretizer = explainer.discretizer
    values = [explainer.feature_values.get(feature, ())]
    if discretizer is not None and feature in discretizer.means:
        values += [getattr(discretizer, name)[feature] for name in ("means", "stds", "mins", "maxs")]
    return [np.asarray(found, dtype=np.float64) for found in values]


KERNEL_TOLERANCE = 1e-9
"""How far a weight may be, relative to itself, from the weight of the same distance among others."""


def kernel_table(explainer: Explainer, width: int) -> FloatArray:
    """Return the kernel's weights for 0 to d differing features, at distances of their square roots.

    Raises
    ------
    EngineError
        When they are no weights, or a distance's weight depends on the other distances.
    """
    distances = np.sqrt(np.arange(width + 1.0))
    weights = kernel_weights(explainer, distances)
    if not _is_pointwise(explainer, distances, weights):
        raise EngineError(
            "The explainer's kernel gives a distance a weight that depends on the other distances, and the "
            "engines 'sampled' and 'exact' need one weight per distance; use engine 'reference'."
        )
    return weights


def _is_pointwise(explainer: Explainer, distances: FloatArray, weights: FloatArray) -> bool:
    """Return whether each distance alone has the weight that it has among the others."""
    try:
        alone = [kernel_weights(explainer, distances[at : at + 1])[0] for at in range(len(distances))]
    except EngineError:
        return False
    return bool(np.allclose(alone, weights, rtol=KERNEL_TOLERANCE, atol=0))


def kernel_weights(explainer: Explainer, distances: FloatArray) -> FloatArray:
    """Return the explainer's weights of distances (n,).

    Raises
    ------
    EngineError
        When the kernel fails, or some weights are negative or not finite.
    """
    with raised_as(EngineError, f"The explainer's kernel failed on {len(distances)} distances"):
        weights = np.asarray(explainer.base.kernel_fn(distances.copy()), dtype=np.float64)
        weights = np.broadcast_to(weights, distances.shape)
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise EngineError("The explainer's kernel returns weights that are negative or not finite.")
    return weights


def check_explainer(explainer: Explainer) -> None:
    """Raise `EngineError` when the explainer does not draw and fit as lime's own ``LimeTabularExplainer`` does."""
    own = [
        type(part).__name__
        for part, known in ((explainer, LimeTabularExplainer), (explainer.base, LimeBase))
        if type(part) is not known
    ]
    discretizer = explainer.discretizer
    if discretizer is not None and any(
        getattr(type(discretizer), name, None) is not getattr(BaseDiscretizer, name)
        for name in ("discretize", "undiscretize", "get_undiscretize_values")
    ):
        own.append(type(discretizer).__name__)
    if own:
        raise EngineError(
            f"{own[0]} changes how lime draws or fits, and the engines 'sampled' and 'exact' know only lime's own "
            "way; use engine 'reference'."
        )


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
