"""`Dataset`: a table in the one space that the model, lime and every engine share."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

MISSING = "missing"
"""How a missing value is called, as a category and in an explanation."""


@dataclass(frozen=True)
class ColumnReport:
    """What became of one column of the table.

    Attributes
    ----------
    name
        As the person wrote it.
    role
        ``"numeric"``, ``"categorical"``, ``"target"`` or ``"left out"``.
    reason
        Why it has this role.
    missing
        Rows without a value.
    distinct
        Different values, missing ones aside.
    """

    name: str
    role: str
    reason: str
    missing: int
    distinct: int


@dataclass(frozen=True)
class DataReport:
    """What was read, and what was done to it."""

    rows: int
    columns: tuple[ColumnReport, ...]


@dataclass(frozen=True)
class Dataset:
    """A table, encoded.

    Attributes
    ----------
    name
        What the table is called (its file's name).
    features
        (n, d) float64: numbers as they are, categories as codes from 0, a missing number as its column's sentinel.
    feature_names
        d names, as the person wrote them.
    categorical_features
        Indices of the columns that hold codes.
    categorical_names
        For each of them, the category of each code.
    missing_values
        For each numeric column that has gaps, the sentinel that stands for "missing": a number below all
        observed ones. LIME cannot see NaN; this way a gap is a value like any other, and gets a bin of its own.
    target
        (n,) class codes (int64), or values (float64) in regression.
    target_name
        The target's column.
    class_names
        Name of each class code; None in regression.
    report
        What was done to the table.
    """

    name: str
    features: npt.NDArray[np.float64]
    feature_names: tuple[str, ...]
    categorical_features: tuple[int, ...]
    categorical_names: dict[int, tuple[str, ...]]
    missing_values: dict[int, float]
    target: npt.NDArray[np.int64] | npt.NDArray[np.float64]
    target_name: str
    class_names: tuple[str, ...] | None
    report: DataReport = field(repr=False)

    @property
    def mode(self) -> str:
        """The task in lime's words: ``"classification"`` or ``"regression"``."""
        return "regression" if self.class_names is None else "classification"

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.features)

    def value_text(self, feature: int, value: float) -> str:
        """Return an encoded value of a feature as a person would write it."""
        if feature in self.categorical_names:
            return self.categorical_names[feature][int(value)]
        if self.missing_values.get(feature) == value:
            return MISSING
        return f"{value:.6g}"

    def target_text(self, row: int) -> str:
        """Return a row's true class or value as a person would write it."""
        value = self.target[row]
        return f"{value:.6g}" if self.class_names is None else self.class_names[int(value)]
