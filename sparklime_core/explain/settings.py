"""The settings of an explanation, checked where they are made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from sparklime_core.arguments import choice, flag, real_number, whole_number
from sparklime_core.errors import SettingsError
from sparklime_core.explain.engines import ENGINES

EngineName: TypeAlias = str
"""A key of `ENGINES`."""

ENGINE_NAMES = tuple(ENGINES)

OutputName = Literal["probability", "margin"]
OUTPUTS: tuple[OutputName, ...] = get_args(OutputName)

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
    output
        ``"probability"`` (in regression: the prediction), or ``"margin"``: the raw score of boosted trees, the
        log-odds. Two classes have one margin, of the second class, which ``"predicted"`` and ``"all"`` mean.

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
    output: OutputName = "probability"

    def __post_init__(self) -> None:
        checked: dict[str, Any] = {
            "engine": choice("engine", self.engine, ENGINE_NAMES),
            "labels": _checked_labels(self.labels),
            "num_features": whole_number("num_features", self.num_features, 1),
            "num_samples": whole_number("num_samples", self.num_samples, 2),
            "seed": whole_number("seed", self.seed, 0, MAX_SEED),
            "profiles": flag("profiles", self.profiles),
            "output": choice("output", self.output, OUTPUTS),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)


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
        choice("The discretizer", self.discretizer, DISCRETIZERS)
        choice("The feature selection", self.feature_selection, FEATURE_SELECTIONS)
        if self.kernel_width is None:
            return
        width = real_number("The kernel width", self.kernel_width)
        if width <= 0:
            raise SettingsError(f"The kernel width must be a positive number, not {width:g}.")
        object.__setattr__(self, "kernel_width", width)


def check_pools(pools: int) -> None:
    """Raise `SettingsError` when stability cannot be measured from so many pools; 0 leaves it out."""
    if whole_number("stability", pools, 0, MAX_POOLS) == 1:
        raise SettingsError("Stability needs at least 2 pools to compare, or 0 to leave it out.")


def _checked_labels(labels: str | Sequence[int]) -> Labels:
    if isinstance(labels, str):
        if labels not in ("predicted", "all"):
            raise SettingsError(f"labels must be 'predicted', 'all' or class indices, not {labels!r}.")
        return str(labels)
    try:
        given = tuple(labels)
    except TypeError:
        raise SettingsError(f"labels must be 'predicted', 'all' or class indices, not {labels!r}.") from None
    indices = tuple(whole_number("labels: a class index", label, 0) for label in given)
    if not indices:
        raise SettingsError("labels must name at least one class index.")
    if len(set(indices)) < len(indices):
        raise SettingsError(f"labels must be different class indices from 0 up, not {list(indices)}.")
    return indices
