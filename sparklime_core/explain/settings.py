"""The settings of an explanation, checked where they are made."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from sparklime_core.arguments import whole_number
from sparklime_core.errors import SettingsError
from sparklime_core.explain.engines import ENGINES
from sparklime_core.setting import Settings, setting
from sparklime_core.setting_kinds import Choice, Kind, Positive, Switch, Whole, read_number

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


class _LabelKind(Kind):
    """`Labels`."""

    def check(self, name: str, value: str | Sequence[int]) -> Labels:
        """Return labels as a text or as a tuple."""
        if isinstance(value, str):
            if value not in ("predicted", "all"):
                raise SettingsError(f"{name} must be 'predicted', 'all' or class indices, not {value!r}.")
            return str(value)
        try:
            given = tuple(value)
        except TypeError:
            raise SettingsError(f"{name} must be 'predicted', 'all' or class indices, not {value!r}.") from None
        indices = tuple(whole_number(f"{name}: a class index", label, 0) for label in given)
        if not indices:
            raise SettingsError(f"{name} must name at least one class index.")
        if len(set(indices)) < len(indices):
            raise SettingsError(f"{name} must be different class indices from 0 up, not {list(indices)}.")
        return indices

    def read(self, text: str) -> Labels:
        """Read ``predicted``, ``all``, or class indices like ``0,2``."""
        if text in ("predicted", "all"):
            return text
        return tuple(
            read_number(int, index, "predicted, all, or class indices like 0,2") for index in text.split(",")
        )

    def write(self, value: Labels) -> str:
        """Return the text for labels."""
        return value if isinstance(value, str) else ",".join(map(str, value))


class _RowKind(Kind):
    """``"all"``, ``"test"``, or how many rows."""

    def check(self, name: str, value: Any) -> str | int:
        """Return a text or a number."""
        if isinstance(value, str):
            if value not in ("all", "test"):
                raise SettingsError(f"{name} must be 'all', 'test' or a number, not {value!r}.")
            return str(value)
        if value < 1:
            raise SettingsError(f"The number of rows must be at least 1, not {value}.")
        return int(value)

    def read(self, text: str) -> str | int:
        """Read ``all``, ``test`` or a number."""
        return text if text in ("all", "test") else read_number(int, text, "all, test or a number of rows")


class _PoolKind(Whole):
    """A number of pools that can be compared, or 0."""

    def check(self, name: str, value: Any) -> int:
        """Return a number."""
        pools = super().check(name, value)
        if pools == 1:
            raise SettingsError("Stability needs at least 2 pools to compare, or 0 to leave it out.")
        return pools


@dataclass(frozen=True)
class ExplainSettings(Settings):
    """How rows are explained.

    Attributes
    ----------
    engine
        ``"reference"`` (lime itself, row by row), ``"sampled"`` (lime's own answer from a shared pool),
        or ``"exact"`` (the limit of infinitely many samples, for tree ensembles).
    labels
        ``"predicted"``: each row's most probable class; ``"all"``: every class; or class indices.
        Regression has the one label 0, and ignores this.
    num_features
        The most features an explanation holds.
    num_samples
        Size of the neighbourhood, with the instance itself.
    seed
        Seed of the random state, which is the same for every row.
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

    engine: EngineName = setting(
        Choice(ENGINE_NAMES),
        "sampled",
        flag="engine",
        label="Engine",
        help="lime itself (reference), its answer from a shared pool (sampled), or its limit for trees (exact).",
    )
    labels: Labels = setting(
        _LabelKind(),
        "predicted",
        flag="labels",
        label="Explained classes",
        help="predicted, all, or class indices like 0,2.",
    )
    num_features: int = setting(
        Whole(1),
        10,
        flag="num-features",
        label="Features in an explanation",
        help="Largest number of conditions in an explanation; the strongest ones are kept.",
    )
    num_samples: int = setting(
        Whole(2),
        5000,
        flag="num-samples",
        label="Samples",
        help="Size of the perturbed neighbourhood. The exact engine needs it for R² alone.",
    )
    seed: int = setting(
        Whole(0, MAX_SEED),
        0,
        flag="seed",
        label="Seed",
        help="Seed of the random state, which is the same for every row. The same seed gives the same result.",
    )
    profiles: bool = setting(
        Switch(),
        False,
        flag="profiles",
        label="Keep profiles",
        help="Stores the effect of every bin of the explained features, for exports. The page shows a row's "
        "profiles in any case.",
    )
    output: OutputName = setting(
        Choice(OUTPUTS),
        "probability",
        flag="output",
        label="Output",
        help="What to explain for boosted trees: the probability, or the margin (log-odds).",
    )


@dataclass(frozen=True)
class ExplainerSettings(Settings):
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

    discretizer: str = setting(
        Choice(DISCRETIZERS),
        "quartile",
        flag="discretizer",
        label="Discretizer",
        help="How numbers are binned; none: numbers have no bins.",
        called="The discretizer",
    )
    kernel_width: float | None = setting(
        Positive(),
        None,
        flag="kernel-width",
        label="Kernel width",
        help="How far from the row samples still count. Default: 0.75 times the square root of the number of "
        "features.",
        unset="lime's own",
        called="The kernel width",
    )
    feature_selection: str = setting(
        Choice(FEATURE_SELECTIONS),
        "auto",
        flag="feature-selection",
        label="Feature selection",
        help="lime's method to choose the features of an explanation.",
        called="The feature selection",
    )

    def width_for(self, columns: int) -> float:
        """Return the kernel width for a table of so many features: as set, or lime's own."""
        return limes_width(columns) if self.kernel_width is None else self.kernel_width


def limes_width(columns: int) -> float:
    """Return the kernel width that lime takes for so many features, ``0.75 * sqrt(d)``."""
    return 0.75 * math.sqrt(columns)


@dataclass(frozen=True)
class RunSettings(Settings):
    """Settings of a run that are not those of its explanations.

    Attributes
    ----------
    rows
        ``"all"``, ``"test"`` (the rows that the model has not seen), or how many rows from the first on.
    stability
        From how many pools of samples the stability of each explanation is measured; 0: it is not measured.
    stability_rows
        On about how many rows, spread evenly over the table, stability is measured; None: on all of them.

    Raises
    ------
    SettingsError
        When a value is none of these.
    """

    rows: str | int = setting(
        _RowKind(),
        "all",
        flag="rows",
        label="Rows",
        help="all, test, or a number of rows, counted from the first.",
        called="The rows",
    )
    stability: int = setting(
        _PoolKind(0, MAX_POOLS),
        0,
        flag="stability",
        label="Stability",
        help="Number of pools of samples that explain each row, to measure how far its explanation depends on "
        "chance; 0: not measured.",
        metavar="K",
    )
    stability_rows: int | None = setting(
        Whole(1),
        None,
        flag="stability-rows",
        label="Rows whose stability is measured",
        help="About this many rows, spread evenly over the table; each other row is measured when you ask for it.",
        unset="all",
        called="The number of rows whose stability is measured",
        metavar="N",
    )
