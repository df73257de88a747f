"""`Decoding`: encoded rows back to a table with a model's own columns, types and gaps; kept with a run as JSON.

Executors decode the rows that they ask such a model about, so this module needs no more than numpy and pandas.
"""

import datetime as dt
import decimal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from sparklime_core.errors import ModelError

FloatArray = npt.NDArray[np.float64]


_FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "timestamp": pd.Timestamp,
    "datetime": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "decimal": decimal.Decimal,
}
_TO_TEXT = {pd.Timestamp: "timestamp", dt.datetime: "datetime", dt.date: "date", decimal.Decimal: "decimal"}


class ColumnDecoder(Protocol):
    """Makes one column of encoded rows."""

    def decode(self, rows: FloatArray) -> Any:
        """Return the column (n,) of rows (n, d), as pandas holds it."""


@dataclass(frozen=True)
class NumberDecoder:
    """A feature that is a number.

    Attributes
    ----------
    feature
        Which feature the column has become.
    dtype
        What pandas holds the column as. A column of whole numbers gets whole numbers.
    border
        Numbers that are not above it stand for gaps; None where there are none.
    encoded, read
        (e,) numbers of the table, ascending, that were read otherwise in the last bit when the model was trained,
        and what was read: ``pandas.read_csv`` does not always return the nearest number.
    """

    feature: int
    dtype: Any
    border: float | None = None
    encoded: FloatArray = field(default_factory=lambda: np.empty(0))
    read: FloatArray = field(default_factory=lambda: np.empty(0))

    def decode(self, rows: FloatArray) -> Any:
        """Return the column; see `ColumnDecoder`."""
        numbers = rows[:, self.feature].copy()
        if len(self.encoded):
            at = np.minimum(np.searchsorted(self.encoded, numbers), len(self.encoded) - 1)
            numbers = np.where(self.encoded[at] == numbers, self.read[at], numbers)
        if self.border is not None:
            numbers[numbers <= self.border] = np.nan
        if pd.api.types.is_integer_dtype(self.dtype):
            numbers = np.rint(numbers)
        if isinstance(self.dtype, np.dtype) and self.dtype.kind in "iu" and np.isnan(numbers).any():
            return numbers  # as pandas does where a column of whole numbers has gaps
        return numbers.astype(self.dtype) if isinstance(self.dtype, np.dtype) else _nullable(numbers, self.dtype)


@dataclass(frozen=True)
class CategoryDecoder:
    """A feature that is a category.

    Attributes
    ----------
    feature
        Which feature the column has become.
    values
        (v,) the values that the column holds, as pandas holds them.
    places
        (codes,) which of them each code stands for; -1 for none: a gap.
    """

    feature: int
    values: Any
    places: npt.NDArray[np.int64]

    def decode(self, rows: FloatArray) -> Any:
        """Return the column; see `ColumnDecoder`."""
        codes = rows[:, self.feature]
        known = (codes >= 0) & (codes < len(self.places))
        places = np.where(known, self.places[np.where(known, codes, 0).astype(np.int64)], -1)
        return _taken(self.values, places)


@dataclass(frozen=True)
class ConstantDecoder:
    """A column that no feature is made of.

    Attributes
    ----------
    values
        (1,) its one value, as pandas holds it.
    """

    values: Any

    def decode(self, rows: FloatArray) -> Any:
        """Return the column; see `ColumnDecoder`."""
        return _taken(self.values, np.zeros(len(rows), dtype=np.int64))


@dataclass(frozen=True)
class Decoding:
    """How encoded rows become a table again.

    Attributes
    ----------
    columns
        Name and decoder of each column, in the model's order.
    named
        Whether the model knows columns by name; it gets an array of numbers otherwise.
    """

    columns: tuple[tuple[str, ColumnDecoder], ...]
    named: bool = True

    def decode(self, rows: FloatArray) -> Any:
        """Return rows (n, d) of features as a table of n rows: a DataFrame, or an array."""
        rows = np.asarray(rows, dtype=np.float64)
        table = pd.DataFrame({name: decoder.decode(rows) for name, decoder in self.columns}, copy=False)
        return table if self.named else table.to_numpy(dtype=np.float64)


def _taken(values: Any, places: npt.NDArray[np.int64]) -> Any:
    """Return the values at places, with gaps where a place is -1."""
    gaps = bool((places < 0).any())
    if isinstance(values, np.ndarray):
        return pd.api.extensions.take(values, places, allow_fill=gaps)
    return values.take(places, allow_fill=gaps)


def _nullable(numbers: FloatArray, dtype: Any) -> Any:
    """Return numbers as one of pandas' own types, with its own gaps."""
    objects = numbers.astype(object)
    objects[np.isnan(numbers)] = None
    if pd.api.types.is_integer_dtype(dtype):
        objects = np.array([None if value is None else int(value) for value in objects], dtype=object)
    return pd.array(objects, dtype=dtype)


def decoding_as_dict(decoding: Decoding) -> dict[str, Any]:
    """Return a decoding as plain values.

    Raises
    ------
    ModelError
        When a column holds objects that JSON has no words for.
    """
    columns = [[name, _decoder_as_dict(name, decoder)] for name, decoder in decoding.columns]
    return {"columns": columns, "named": decoding.named}


def decoding_from_dict(values: Mapping[str, Any]) -> Decoding:
    """Return a decoding from what `decoding_as_dict` gave, through JSON or not."""
    columns = tuple((str(name), _decoder_from_dict(entry)) for name, entry in values["columns"])
    return Decoding(columns, bool(values.get("named", True)))


def _decoder_as_dict(name: str, decoder: ColumnDecoder) -> dict[str, Any]:
    if isinstance(decoder, NumberDecoder):
        numbers = {"encoded": decoder.encoded.tolist(), "read": decoder.read.tolist()}
        return {"feature": decoder.feature, "dtype": str(decoder.dtype), "border": decoder.border, **numbers}
    if isinstance(decoder, CategoryDecoder):
        values = _values_as_dict(name, decoder.values)
        return {"feature": decoder.feature, "values": values, "places": decoder.places.tolist()}
    if isinstance(decoder, ConstantDecoder):
        return {"values": _values_as_dict(name, decoder.values)}
    raise ModelError(f"The column {name!r} of the model cannot be stored.")


def _decoder_from_dict(entry: Mapping[str, Any]) -> ColumnDecoder:
    if "values" not in entry:
        dtype = pd.api.types.pandas_dtype(entry["dtype"])
        numbers = (np.array(entry[name], dtype=np.float64) for name in ("encoded", "read"))
        return NumberDecoder(int(entry["feature"]), dtype, entry["border"], *numbers)
    values = _values_from_dict(entry["values"])
    if "feature" not in entry:
        return ConstantDecoder(values)
    return CategoryDecoder(int(entry["feature"]), values, np.array(entry["places"], dtype=np.int64))


def _values_as_dict(name: str, values: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "dtype": str(values.dtype),
        "values": [_plain(name, value) for value in np.asarray(values, object)],
    }
    if isinstance(values.dtype, pd.CategoricalDtype):
        found["categories"] = _values_as_dict(name, values.dtype.categories.array)
        found["ordered"] = bool(values.dtype.ordered)
    return found


def _values_from_dict(entry: Mapping[str, Any]) -> Any:
    values = np.empty(len(entry["values"]), dtype=object)
    values[:] = [_FROM_TEXT[value[0]](value[1]) if isinstance(value, list) else value for value in entry["values"]]
    if "categories" in entry:
        categories = pd.Index(_values_from_dict(entry["categories"]))
        return pd.Categorical(values, categories=categories, ordered=entry["ordered"])
    dtype: Any = pd.api.types.pandas_dtype(entry["dtype"])
    return values.astype(dtype) if isinstance(dtype, np.dtype) else pd.array(values, dtype=dtype)


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is pd.NA or value is pd.NaT:
        return None
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    kind = _TO_TEXT.get(type(value))
    if kind is None:
        raise ModelError(
            f"The column {name!r} of the model holds a {type(value).__name__}, which cannot be stored with a run."
        )
    return [kind, str(value) if kind == "decimal" else value.isoformat()]
