"""The settings of an explanation, checked where they are made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from sparklime_core.errors import SettingsError

EngineName = Literal["reference", "sampled", "exact"]
ENGINE_NAMES: tuple[EngineName, ...] = get_args(EngineName)

Labels = str | tuple[int, ...]
"""``"predicted"``, ``"all"``, or class indices."""

MAX_SEED = 2**32 - 1

MAX_POOLS = 100
"""The most pools that stability is measured from."""

DISCRETIZERS = ("quartile", "decile", "entropy", "none")
FEATURE_SELECTIONS = ("auto", "highest_weights", "forward_selection", "lasso_path", "none")


@dataclass(frozen=True)
class ExplainSettings:
    """How rows are explained.

    Attributes
    ----------
    engine
        ``"reference"`` (lime itself, row by row), ``"sampled"`` (lime's own answer from a shared pool),
        or ``"exact"`` (the limit of infinitely many samples, for tree ensembles).
    labels
        ``"predicted"``: each row's most probable class; ``"all"``: every class; or class indices.
        Regression has the one label 0, whatever this says.
    num_features
        The most features an explanation holds.
    num_samples
        Size of the neighbourhood, with the instance itself.
    seed
        Seed of the one random state that is made anew for every row.
    profiles
        Whether results hold the profiles of their features.

    Raises
    ------
    SettingsError
        When a value is outside of what is allowed.
    """

    engine: EngineName = "sampled"
    labels: Labels = "predicted"
    num_features: int = 10
    num_samples: int = 5000
    seed: int = 0
    profiles: bool = False

    def __post_init__(self) -> None:
        if self.engine not in ENGINE_NAMES:
            raise SettingsError(f"There is no engine {self.engine!r}; choose one of {', '.join(ENGINE_NAMES)}.")
        object.__setattr__(self, "labels", _checked_labels(self.labels))
        _check_whole("num_features", self.num_features, 1, None)
        _check_whole("num_samples", self.num_samples, 2, None)
        _check_whole("seed", self.seed, 0, MAX_SEED)
        if not isinstance(self.profiles, bool):
            raise SettingsError(f"profiles must be True or False, not {self.profiles!r}.")


@dataclass(frozen=True)
class ExplainerSettings:
    """How the explainer is fitted; see lime's ``LimeTabularExplainer``.

    Attributes
    ----------
    discretizer
        ``"quartile"``, ``"decile"``, ``"entropy"``, or ``"none"`` for continuous features as they are.
    kernel_width
        Width of the exponential kernel; None: lime's ``0.75 * sqrt(d)``.
    feature_selection
        lime's ``"auto"``, ``"highest_weights"``, ``"forward_selection"``, ``"lasso_path"`` or ``"none"``.

    Raises
    ------
    SettingsError
        When a value is none of these.
    """

    discretizer: str = "quartile"
    kernel_width: float | None = None
    feature_selection: str = "auto"

    def __post_init__(self) -> None:
        _check_choice("discretizer", self.discretizer, DISCRETIZERS)
        _check_choice("feature selection", self.feature_selection, FEATURE_SELECTIONS)
        if self.kernel_width is not None and not 0 < self.kernel_width < float("inf"):
            raise SettingsError(f"The kernel width must be a positive number, not {self.kernel_width}.")


def check_pools(pools: int) -> None:
    """Raise `SettingsError` when stability cannot be measured from so many pools; 0 leaves it out."""
    _check_whole("stability", pools, 0, MAX_POOLS)
    if pools == 1:
        raise SettingsError("Stability needs at least 2 pools to compare, or 0 to leave it out.")


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise SettingsError(f"The {name} must be one of {', '.join(choices)}, not {value!r}.")


def _check_whole(name: str, value: object, low: int, high: int | None) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise SettingsError(f"{name} must be a whole number, not {value!r}.")
    if value < low or (high is not None and value > high):
        limit = f"at least {low}" if high is None else f"between {low} and {high}"
        raise SettingsError(f"{name} must be {limit}, not {value}.")


def _checked_labels(labels: str | Sequence[int]) -> Labels:
    if isinstance(labels, str):
        if labels not in ("predicted", "all"):
            raise SettingsError(f"labels must be 'predicted', 'all' or class indices, not {labels!r}.")
        return labels
    try:
        indices = tuple(int(label) for label in labels)
    except (TypeError, ValueError):
        raise SettingsError(f"labels must be 'predicted', 'all' or class indices, not {labels!r}.") from None
    if not indices:
        raise SettingsError("labels must name at least one class index.")
    if min(indices) < 0 or len(set(indices)) < len(indices):
        raise SettingsError(f"labels must be different class indices from 0 up, not {list(indices)}.")
    return indices
