"""Rows before they are explained: to an array, matched by name; which cannot be explained; and which are alike.

Gaps are NaN. `row_errors` finds what lime would meet with an IndexError or a silent wrong bin.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparklime_core.errors import DataError
from sparklime_core.explain.explainer_facts import feature_names, is_categorical
from sparklime_core.explain.types import BoolArray, Explainer, FloatArray, IntArray
from sparklime_core.explain.vocabulary import Vocabulary

SHOWN_NAMES = 6


def as_rows(rows: Any, explainer: Explainer) -> FloatArray:
    """Return rows as a C-ordered (n, d) array of float64, in the order of the explainer's features.

    Parameters
    ----------
    rows
        (n, d) numbers, or one row (d,): an array, lists, a sparse matrix, or what names its columns, which are
        matched to the explainer's features by name: a table of pandas or of Arrow, or a pandas Series.

    Raises
    ------
    DataError
        When they are no numbers, not of the explainer's width, or have other names.
    """
    features = feature_names(explainer)
    named = _named_columns(rows)
    if named is None:
        return _as_table(rows, features)
    names, columns = named
    if _has_no_names(rows) and set(names) != set(features):
        _check_width((len(columns[0]) if columns else 0, len(columns)), features)
        order = list(range(len(features)))
    else:
        order = match_names(names, features, "The rows")
    numbers = [_numbers(columns[at], (name,)) for at, name in zip(order, features, strict=True)]
    return np.ascontiguousarray(np.column_stack(numbers))


def match_names(names: Sequence[str], features: Sequence[str], what: str) -> list[int]:
    """Return where each feature is among names.

    Raises
    ------
    DataError
        When one is not there, is there twice, or a name is left over.
    """
    if list(names) == list(features):
        return list(range(len(features)))
    missing = [name for name in features if name not in names]
    left_over = [name for name in names if name not in features]
    if missing or left_over:
        unnamed = list(features) == [str(at) for at in range(len(features))]
        hint = "; the explainer has no feature_names: give it some, or rows without names" if unnamed else ""
        raise DataError(f"{what} do not have the explainer's features: {_unlike(missing, left_over)}{hint}.")
    twice = next((name for name in [*names, *features] if list(names).count(name) > 1), None)
    if twice is not None or len(set(features)) < len(features):
        raise DataError(f"{what} have the name {twice!r} twice, so that they cannot be matched by name.")
    return [list(names).index(name) for name in features]


def _unlike(missing: list[str], left_over: list[str]) -> str:
    parts = [(missing, "missing"), (left_over, "left over")]
    return "; ".join(
        f"{_listed(names)} {'is' if len(names) == 1 else 'are'} {how}" for names, how in parts if names
    )


def _listed(names: list[str]) -> str:
    return ", ".join(map(repr, names[:SHOWN_NAMES])) + (", …" if len(names) > SHOWN_NAMES else "")


def _named_columns(rows: Any) -> tuple[tuple[str, ...], list[npt.NDArray[Any]]] | None:
    """Return the names and the columns of a table that has names."""
    if hasattr(rows, "iloc"):
        # pandas, of which executors know nothing; a Series is one row, and its index holds the names.
        frame = rows.to_frame().T if rows.ndim == 1 else rows
        columns = [frame.iloc[:, at].to_numpy() for at in range(frame.shape[1])]
        return tuple(map(str, frame.columns)), columns
    if not isinstance(rows, (pa.Table, pa.RecordBatch)):
        if not hasattr(rows, "__arrow_c_stream__"):
            return None
        rows = pa.table(rows)
    return tuple(rows.column_names), [_of_arrow(column) for column in rows.columns]


def _of_arrow(column: Any) -> npt.NDArray[Any]:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return np.asarray(column.to_numpy(zero_copy_only=False))


def _has_no_names(rows: Any) -> bool:
    """Return whether pandas has numbered the columns itself, because they have no names."""
    labels: Any = rows.columns if hasattr(rows, "columns") else rows.index
    return type(labels).__name__ == "RangeIndex" and list(labels) == list(range(len(labels)))


def _as_table(rows: Any, features: tuple[str, ...]) -> FloatArray:
    """Return rows without names."""
    if hasattr(rows, "tocsr"):
        rows = rows.toarray()
    table = _numbers(_as_array(rows), features)
    if table.ndim == 1 and len(table) == len(features):
        table = table[None]
    if table.ndim == 1 and not len(table):
        table = table.reshape(0, len(features))
    _check_width(table.shape, features)
    return np.ascontiguousarray(table)


def _check_width(shape: tuple[int, ...], features: tuple[str, ...]) -> None:
    if len(shape) != 2 or shape[1] != len(features):
        raise DataError(f"The rows have the shape {shape}, but the explainer knows {len(features)} features.")


def _as_array(rows: Any) -> npt.NDArray[Any]:
    if np.ma.isMaskedArray(rows):
        return np.asarray(rows.tolist(), dtype=object)  # what is masked becomes None
    try:
        array = np.asarray(rows)
        # numpy turns numbers next to a text into texts.
        return array if array.dtype.kind not in "US" or isinstance(rows, np.ndarray) else np.asarray(rows, object)
    except Exception as error:  # what the rows' own conversion raises
        raise DataError(f"The rows are not a table of numbers: {error}.") from error


def _numbers(values: npt.NDArray[Any], names: Sequence[str]) -> FloatArray:
    """Return values (n,) or (n, d) as floats, and gaps as NaN; dates, texts and complex numbers are refused."""
    if values.dtype.kind in "biuf":
        return values.astype(np.float64)
    found = np.empty(values.shape)
    for at in np.ndindex(values.shape):
        try:
            found[at] = _number(values[at])
        except (TypeError, ValueError, OverflowError) as error:
            column = names[at[1]] if len(at) == 2 and at[1] < len(names) else names[0]
            where = f" of {column!r} in row {at[0]}" if at and (len(at) == 2 or len(names) == 1) else ""
            raise DataError(
                f"The rows are not a table of numbers: the value{where} is {values[at]!r}, and LIME needs "
                "numbers, with categories as their codes."
            ) from error
    return found


def _number(value: Any) -> float:
    if value is None or type(value).__name__ == "NAType":
        return float("nan")
    if isinstance(value, (str, bytes, complex, np.datetime64, np.timedelta64)):
        raise TypeError(type(value).__name__)
    return float(value)


def row_errors(explainer: Explainer, vocabulary: Vocabulary, rows: FloatArray) -> list[str | None]:
    """Return, for each row of (n, d), why it cannot be explained, or None."""
    errors: list[str | None] = [None] * len(rows)
    names, finite = feature_names(explainer), np.isfinite(rows)
    for row in np.flatnonzero(~finite.all(axis=1)):
        first = int(np.flatnonzero(~finite[row])[0])
        errors[row] = _not_finite(explainer, names[first], first, rows[row, first])
    for feature in np.flatnonzero(is_categorical(explainer)):
        values = rows[:, feature]
        codes = np.where(finite[:, feature], values, -1.0)
        known = (vocabulary.terms(int(feature), codes.astype(np.int64)) >= 0) & (codes == np.floor(codes))
        for row in np.flatnonzero(~known):
            unknown = f"The value {values[row]:g} of {names[feature]!r} is no category that is known."
            errors[row] = errors[row] or unknown
    return errors


def _not_finite(explainer: Explainer, name: str, feature: int, value: float) -> str:
    if not np.isnan(value):
        return f"The value of {name!r} is {value}, and LIME needs finite numbers."
    sentinel = getattr(explainer.discretizer, "missing", {}).get(feature)
    if sentinel is not None:
        # A gap is a number here, and NaN is what the encoding could not place.
        return (
            f"The value of {name!r} is far below all that the model has seen (nan; a gap would be {sentinel:g})."
        )
    return f"The value of {name!r} is missing, and the model has never seen it missing."


def distinct_rows(codes: npt.NDArray[Any], wanted: BoolArray) -> tuple[npt.NDArray[Any], IntArray, BoolArray]:
    """Return the different rows (m, d) of codes (n, d), which of them each row is (n,), and their labels (m, K).

    Where no two are alike, these are the rows as they stand. A label of a different row is wanted where it is
    ``wanted`` (n, K) of any row like it.
    """
    # Sorting one number per row takes a tenth of the time of sorting rows. Rows of the same number are compared.
    numbers = (codes.astype(np.uint64) * _factors(codes.shape[1])).sum(axis=1, dtype=np.uint64)
    _, first, which = np.unique(numbers, return_index=True, return_inverse=True)
    if len(first) == len(codes):
        return codes, np.arange(len(codes)), wanted
    distinct = codes[first]
    if not np.array_equal(distinct[which], codes):
        distinct, which = np.unique(codes, axis=0, return_inverse=True)
    labels = np.zeros((len(distinct), wanted.shape[1]), dtype=np.bool_)
    np.logical_or.at(labels, which, wanted)
    return distinct, which, labels


@cache
def _factors(width: int) -> npt.NDArray[np.uint64]:
    """Return odd numbers, so that different rows rarely have the same sum of products, modulo 2^64."""
    return np.random.default_rng(0).integers(0, 2**63, width, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
