"""Encode a table: numbers stay, categories become codes, a gap becomes a value of its own."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparklime_core.data.dataset import MISSING, ColumnReport, DataReport, Dataset
from sparklime_core.errors import DataError

MOST_CLASS_NUMBERS = 20
"""Whole numbers with at most this many different values are taken for classes."""


def encode_table(
    table: pa.Table,
    target: str,
    *,
    name: str,
    categorical: Sequence[str] = (),
    drop: Sequence[str] = (),
    task: str = "auto",
) -> Dataset:
    """Encode an Arrow table; see `sparklime_core.read_csv` for the parameters.

    Raises
    ------
    DataError
        With one sentence: what is wrong, in which column and row, and what to do.
    """
    names = [column for column in table.column_names if column != target and column not in drop]
    _check_names(table, target, names, [*categorical, *drop])
    codes, class_names, target_report = _encode_target(table[target], target, task)
    features = np.empty((table.num_rows, len(names)))
    categorical_names: dict[int, tuple[str, ...]] = {}
    missing_values: dict[int, float] = {}
    reports = [target_report]
    reports += [_report(table[column], column, "left out", "you asked for it") for column in drop]
    for index, column in enumerate(names):
        values = table[column]
        if column in categorical:
            features[:, index], categorical_names[index] = _encode_categories(values)
            reports.append(_report(values, column, "categorical", "you named it as categories"))
        else:
            features[:, index], sentinel = _encode_numbers(values, column)
            if sentinel is not None:
                missing_values[index] = sentinel
            reports.append(_report(values, column, "numeric", "all its values are numbers"))
    return Dataset(
        name=name,
        features=features,
        feature_names=tuple(names),
        categorical_features=tuple(categorical_names),
        categorical_names=categorical_names,
        missing_values=missing_values,
        target=codes,
        target_name=target,
        class_names=class_names,
        report=DataReport(table.num_rows, tuple(reports)),
    )


def is_text(column: pa.ChunkedArray) -> bool:
    """Return whether a column holds text."""
    return bool(pa.types.is_string(column.type) or pa.types.is_large_string(column.type))


def _check_names(table: pa.Table, target: str, features: Sequence[str], named: Sequence[str]) -> None:
    if target not in table.column_names:
        known = ", ".join(table.column_names[:12]) + (", …" if table.num_columns > 12 else "")
        raise DataError(f"There is no column {target!r} to predict; the columns are {known}.")
    for column in named:
        if column not in table.column_names:
            raise DataError(f"There is no column {column!r}; check its spelling against the header line.")
    if not features:
        raise DataError(f"There is no column beside the target {target!r} to predict it from.")


def _report(values: pa.ChunkedArray, name: str, role: str, reason: str) -> ColumnReport:
    distinct = pc.count_distinct(values, mode="only_valid").as_py()
    return ColumnReport(name, role, reason, values.null_count, distinct)


def _encode_numbers(values: pa.ChunkedArray, name: str) -> tuple[npt.NDArray[np.float64], float | None]:
    """Return a column of numbers, and the sentinel that stands for its gaps if it has any."""
    kind = values.type
    if values.null_count == len(values):
        raise DataError(f"Column {name!r} is empty in every row; leave it out.")
    if is_text(values):
        row, text = _first_text(values)
        raise DataError(
            f"Column {name!r} holds text ({text!r} in row {row}); name it as categorical, or leave it out."
        )
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
        raise DataError(f"Column {name!r} holds values of the type {kind}, not numbers; leave it out.")
    numbers = np.array(values.cast(pa.float64()).to_numpy(), dtype=np.float64)
    if np.isinf(numbers).any():
        row = int(np.flatnonzero(np.isinf(numbers))[0]) + 1
        raise DataError(f"Column {name!r} holds an infinite number in row {row}; correct it or leave it empty.")
    gaps = np.isnan(numbers)
    if not gaps.any():
        return numbers, None
    if gaps.all():
        raise DataError(f"Column {name!r} is empty in every row; leave it out.")
    low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    sentinel = low - max(1.0, high - low)
    return np.where(gaps, sentinel, numbers), sentinel


def _first_text(values: pa.ChunkedArray) -> tuple[int, str]:
    """Return the first row (from 1) whose text is no number, and that text."""
    for row, text in enumerate(values.to_pylist(), start=1):
        if text is None:
            continue
        try:
            float(text)
        except ValueError:
            return row, text if len(text) <= 40 else text[:39] + "…"
    return 1, str(values[0].as_py())


def _encode_categories(values: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """Return codes, by the alphabet of the categories, and the categories; a gap is the category "missing"."""
    texts = pc.fill_null(values.cast(pa.string()), MISSING)
    names = sorted(set(texts.to_pylist()))
    codes = pc.index_in(texts, value_set=pa.array(names))
    return np.asarray(codes.to_numpy(), dtype=np.int64), tuple(names)


def _encode_target(
    values: pa.ChunkedArray, name: str, task: str
) -> tuple[npt.NDArray[Any], tuple[str, ...] | None, ColumnReport]:
    if values.null_count:
        row = int(np.flatnonzero(values.is_null().to_numpy())[0]) + 1
        raise DataError(f"The target {name!r} has no value in row {row}; every row needs one.")
    if task not in ("auto", "classification", "regression"):
        raise DataError(f"The task must be 'auto', 'classification' or 'regression', not {task!r}.")
    classes, reason = _is_classes(values, task)
    report = _report(values, name, "target", reason)
    if report.distinct < 2:
        raise DataError(
            f"The target {name!r} has the one value {str(values[0].as_py())!r} in every row; "
            "there is nothing to learn, so choose another target."
        )
    if classes:
        codes, names = _encode_classes(values)
        return codes, names, report
    if is_text(values):
        row, text = _first_text(values)
        raise DataError(f"The target {name!r} holds text ({text!r} in row {row}), so it cannot be a number.")
    numbers, _ = _encode_numbers(values, name)
    return numbers, None, report


def _is_classes(values: pa.ChunkedArray, task: str) -> tuple[bool, str]:
    if task != "auto":
        return task == "classification", "you chose it"
    if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type)):
        return True, "its values are no numbers, so they are classes"
    numbers = np.unique(values.cast(pa.float64()).to_numpy())
    if len(numbers) <= MOST_CLASS_NUMBERS and (numbers == np.floor(numbers)).all():
        return True, f"it has {len(numbers)} different whole numbers, so they are classes"
    return False, "its values are numbers"


def _encode_classes(values: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """Return class codes and names: numbers in their own order, texts by the alphabet."""
    distinct = sorted(pc.unique(values).to_pylist())
    codes = pc.index_in(values, value_set=pa.array(distinct, type=values.type))
    return np.asarray(codes.to_numpy(), dtype=np.int64), tuple(_class_name(value) for value in distinct)


def _class_name(value: object) -> str:
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value)
