"""A `Decoding` as plain values for JSON, so that a run keeps it with its model."""

import datetime as dt
import decimal
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from sparklime_core.errors import ModelError
from sparklime_core.models.decoding import (
    CategoryDecoder,
    ColumnDecoder,
    ConstantDecoder,
    Decoding,
    NumberDecoder,
)

_FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "timestamp": pd.Timestamp,
    "datetime": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "decimal": decimal.Decimal,
}
_TO_TEXT = {pd.Timestamp: "timestamp", dt.datetime: "datetime", dt.date: "date", decimal.Decimal: "decimal"}


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
