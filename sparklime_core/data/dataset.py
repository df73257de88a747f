"""`Dataset`: a table in the one space that the model, lime and every engine share."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparklime_core.data.feature_encoding import MISSING, Encoding
from sparklime_core.data.read_options import Decision, ReadOptions

UNLABELLED = -1
"""The class code of a row without a class; in regression, NaN stands for "no value"."""


def is_labelled(target: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return (n,) which class codes or values are there."""
    found: npt.NDArray[np.bool_] = np.isfinite(target) if target.dtype.kind == "f" else target >= 0
    return found


@dataclass(frozen=True)
class Origin:
    """The file of a dataset and all choices about it: with these a run can be repeated.

    Attributes
    ----------
    file
        The file's name, without its folder.
    sha256
        Of the file's bytes as they were given, packed or not, in hexadecimal.
    options
        How it is to be read.
    target, task, roles
        The column to predict, its task, and the roles of columns; see `sparklime_core.read_csv`. For new rows:
        None, ``"auto"`` and no roles.
    """

    file: str
    sha256: str
    options: ReadOptions
    target: str | None
    task: str
    roles: dict[str, str]


@dataclass(frozen=True)
class ColumnReport:
    """What became of one column of the table.

    Attributes
    ----------
    name
        As the person wrote it.
    role
        ``"numeric"``, ``"categorical"``, ``"date"``, ``"target"`` or ``"left out"``.
    reason
        Why it has this role.
    missing
        Rows without a value.
    distinct
        Different values, missing ones aside.
    features
        Names of the features that are made of it.
    notes
        What was done to some of its values.
    """

    name: str
    role: str
    reason: str
    missing: int
    distinct: int
    features: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class DataReport:
    """What was read, and what was done to it.

    Attributes
    ----------
    rows
        Rows of the table; all of them can be explained.
    columns
        What became of each column, in the order of the file.
    decisions
        What was decided about the file itself.
    origin
        The file, and what was chosen about it; None for a table that was made in memory.
    """

    rows: int
    columns: tuple[ColumnReport, ...]
    decisions: tuple[Decision, ...] = ()
    origin: Origin | None = None


@dataclass(frozen=True)
class Dataset:
    """A table, encoded.

    Attributes
    ----------
    name
        What the table is called (its file's name).
    features
        (n, d) float64: numbers as they are, categories as codes from 0, a missing number as its column's sentinel;
        NaN where an unlabelled or new row holds what the encoding has never seen.
    target
        (n,) class codes (int64), -1 where there is none; or values (float64), NaN where there is none.
    encoding
        How the columns became features.
    report
        What was done to the table.
    raw
        The table as its file holds it, for models that are asked in its own columns; None where only the encoded
        rows are at hand, as in a run.
    """

    name: str
    features: npt.NDArray[np.float64]
    target: npt.NDArray[np.int64] | npt.NDArray[np.float64]
    encoding: Encoding
    report: DataReport = field(repr=False)
    raw: pa.Table | None = field(default=None, repr=False, compare=False)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the features, as the person wrote them."""
        return tuple(feature.name for feature in self.encoding.features)

    @property
    def categorical_features(self) -> tuple[int, ...]:
        """Indices of the features that are codes."""
        return tuple(self.categorical_names)

    @property
    def categorical_names(self) -> dict[int, tuple[str, ...]]:
        """For each of them, the category of each code."""
        found = enumerate(self.encoding.features)
        return {index: feature.categories for index, feature in found if feature.categories is not None}

    @property
    def missing_values(self) -> dict[int, float]:
        """For each number that has gaps, the sentinel that stands for "missing", far below all observed ones.

        LIME cannot see NaN; this way a gap is a value like any other, and gets a bin of its own.
        """
        return {
            index: feature.missing
            for index, feature in enumerate(self.encoding.features)
            if feature.categories is None and feature.missing is not None
        }

    @property
    def target_name(self) -> str:
        """The target's column."""
        return self.encoding.target

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """Name of each class code; None in regression."""
        return self.encoding.class_names

    @property
    def prediction_span(self) -> float:
        """The range of predictions, of which a gap is a share: of probabilities 1; see `explain.trust.GAP`."""
        if self.class_names is not None:
            return 1.0
        low, high = np.percentile(self.target[self.labelled], [5, 95])
        return float(high - low)

    @property
    def labelled(self) -> npt.NDArray[np.bool_]:
        """(n,) which rows have a target, so that they can be learnt from."""
        return is_labelled(self.target)

    @property
    def mode(self) -> Literal["classification", "regression"]:
        """The task in lime's words: ``"classification"`` or ``"regression"``."""
        return "regression" if self.class_names is None else "classification"

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.features)

    def value_text(self, feature: int, value: float) -> str:
        """Return an encoded value of a feature as a person would write it."""
        return self.encoding.features[feature].text(value)

    def values_of(self, row: int) -> dict[str, str]:
        """Return a row's value of each feature as a person would write it, in the table's order."""
        return {
            feature.name: feature.text(float(value))
            for feature, value in zip(self.encoding.features, self.features[row], strict=True)
        }

    def target_text(self, row: int) -> str:
        """Return a row's true class or value as a person would write it."""
        if not self.labelled[row]:
            return MISSING
        value = self.target[row]
        return f"{value:.6g}" if self.class_names is None else self.class_names[int(value)]
