"""The column to predict: classes or numbers, with a reason; rows without one stay, unlabelled."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparklime_core.data.dataset import UNLABELLED, is_labelled
from sparklime_core.data.feature_encoding import as_spelled, category_texts
from sparklime_core.data.parse_column import TAKEN, Column
from sparklime_core.data.read_table import Reading
from sparklime_core.errors import DataError
from sparklime_core.wording import count

TASKS = ("auto", "classification", "regression")
MOST_CLASS_NUMBERS = 20
"""Whole numbers with at most this many different values are taken for classes."""

ROWS_A_CLASS = 3
"""... when each of them has so many rows on average, or there are only two."""

MOST_CLASSES = 300
"""Rarer classes beyond them are put together."""

OTHERS = "other classes"
REACH = 1e30
"""The largest target that can be squared and summed without overflowing."""


@dataclass(frozen=True)
class Target:
    """An encoded target.

    Attributes
    ----------
    column
        The column, as it was read.
    values
        (n,) class codes, `UNLABELLED` where missing; or float64 values, NaN where missing.
    class_names
        Name of each code; None in regression.
    reason
        Why it is classes or a number.
    notes
        What was done to some of its values.
    """

    column: Column
    values: npt.NDArray[Any]
    class_names: tuple[str, ...] | None
    reason: str
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The column's name."""
        return self.column.name

    @property
    def labelled(self) -> npt.NDArray[np.bool_]:
        """(n,) which rows have a class or value."""
        return is_labelled(self.values)


def encode_target(reading: Reading, name: str, task: str) -> Target:
    """Decide whether a column is of classes or numbers, and encode it.

    Raises
    ------
    DataError
        When nothing can be learnt from it: it is missing or the same in every row, or different in most.
    """
    if task not in TASKS:
        raise DataError(f"The task must be 'auto', 'classification' or 'regression', not {task!r}.")
    column = reading.column(name, "number" if task == "regression" else None)
    if not column.distinct:
        what = "number" if task == "regression" and reading.column(name).kind != "empty" else "value"
        why = f" ({'; '.join(column.notes)})" if column.notes else ""
        raise DataError(f"The target {column.name!r} has no {what} in any row{why}; choose another target.")
    if column.distinct == 1:
        raise DataError(_one_value(column))
    are_classes, reason = _are_classes(column, task)
    return _classes(column, reason) if are_classes else _numbers(column, reason)


def _one_value(column: Column) -> str:
    only = category_texts(column.values.drop_null()[:1])[0].as_py()
    if not column.missing:
        return (
            f"The target {column.name!r} has the one value {only!r} in every row; "
            "there is nothing to learn, so choose another target."
        )
    held = "; ".join(note for note in column.notes if note.startswith(TAKEN))
    classes = f" ({held}): choose the missing words if one of them is a class" if held else ""
    return (
        f"The target {column.name!r} has the one value {only!r}, and none in {column.missing} of "
        f"{len(column.values)} rows{classes or '; choose another target'}."
    )


def encode_known(column: Column, class_names: tuple[str, ...] | None) -> npt.NDArray[Any]:
    """Encode the target of new rows as the one that a model was trained on; what is unknown is unlabelled."""
    if class_names is None:
        return np.array(column.values.to_numpy(zero_copy_only=False), dtype=np.float64)
    texts = category_texts(column.values)
    texts = as_spelled(texts, class_names) if column.kind == "boolean" else texts
    found = pc.index_in(texts, value_set=pa.array(class_names, pa.string()), skip_nulls=True)
    return np.array(pc.fill_null(pc.cast(found, pa.int64()), UNLABELLED).to_numpy(zero_copy_only=False))


def _are_classes(column: Column, task: str) -> tuple[bool, str]:
    if task != "auto":
        return task == "classification", "you chose it"
    if column.kind == "date":
        raise DataError(f"The target {column.name!r} holds dates; choose a target of classes or numbers.")
    if column.kind != "number":
        return True, f"{column.reason}, so they are classes"
    distinct = column.distinct
    if distinct == 2:
        return True, "it has two different values, so they are classes"
    values = column.values.drop_null()
    whole = pc.all(pc.equal(values, pc.floor(values))).as_py()
    if whole and distinct <= MOST_CLASS_NUMBERS and len(values) >= ROWS_A_CLASS * distinct:
        return True, f"it has {distinct} different whole numbers, so they are classes"
    return False, "its values are numbers"


def _numbers(column: Column, reason: str) -> Target:
    values = np.array(column.values.to_numpy(zero_copy_only=False), dtype=np.float64)
    if np.nanmax(np.abs(values)) > REACH:
        raise DataError(
            f"The target {column.name!r} holds numbers beyond {REACH:g}; scale it, or choose another one."
        )
    return Target(column, values, None, reason, _notes(column, values))


def _classes(column: Column, reason: str) -> Target:
    texts = category_texts(column.values)
    counts = Counter(
        {entry["values"]: entry["counts"] for entry in pc.value_counts(texts.drop_null()).to_pylist()}
    )
    labelled = counts.total()
    if len(counts) > 2 and len(counts) > labelled / 2:
        hint = ", or the task 'regression'" if column.kind == "number" else ""
        raise DataError(
            f"The target {column.name!r} has {len(counts)} different values in {labelled} rows, so it names rows "
            f"rather than classes; choose another target{hint}."
        )
    notes: list[str] = []
    names = _ordered([name for name, _ in counts.most_common(MOST_CLASSES)], numeric=column.kind == "number")
    if len(counts) > MOST_CLASSES:
        rest = len(counts) - MOST_CLASSES
        names = (*names, OTHERS)
        notes.append(f"the {rest} rarest of {len(counts)} classes are put together as {OTHERS!r}")
    single = sum(rows == 1 for rows in counts.values()) if len(counts) <= MOST_CLASSES else 0
    if single:
        classes_have = count(single, "class has", "classes have")
        notes.append(f"{classes_have} a single row, which can be learnt but not tested")
    found = pc.cast(pc.index_in(texts, value_set=pa.array(names, pa.string()), skip_nulls=True), pa.int64())
    rare = pc.and_(pc.is_valid(texts), pc.is_null(found))
    codes = np.array(
        pc.fill_null(pc.if_else(rare, len(names) - 1, found), UNLABELLED).to_numpy(zero_copy_only=False),
        dtype=np.int64,
    )
    return Target(column, codes, names, reason, (*notes, *_notes(column, codes)))


def _ordered(names: list[str], *, numeric: bool) -> tuple[str, ...]:
    return tuple(sorted(names, key=float) if numeric else sorted(names))


def _notes(column: Column, values: npt.NDArray[Any]) -> tuple[str, ...]:
    unlabelled = int((~is_labelled(values)).sum())
    if not unlabelled:
        return column.notes
    have = count(unlabelled, "row has", "rows have")
    return (*column.notes, f"{have} no target: not learnt from, but still explained")
