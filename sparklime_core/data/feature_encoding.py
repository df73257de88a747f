"""`Encoding`: how the columns of a table become the numbers that the model, LIME and every explanation share.

Numbers stay as they are, categories become codes, a date becomes its parts, and a gap becomes a value of its own.
It is fitted once, on the rows that the model may learn from, and then encodes any table in exactly the same way.
A `BatchEncoder` encodes a table batch by batch, as executors get it.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparklime_core.data.parse_column import Column, parse_column
from sparklime_core.data.read_options import ColumnKind, ReadOptions, TableFormat
from sparklime_core.errors import DataError

MISSING = "missing"
"""How a missing value is called, as a category and in an explanation."""

OTHER = "other"
"""How rare categories are called together."""

UNSEEN = "unseen"
"""How a category is called that the model has never seen."""

MOST_CATEGORIES = 30
"""A column with more categories keeps the most frequent of them; the rest become `OTHER`."""

FAR = 10.0
"""A gap's sentinel lies so many spans of the observed values below the smallest of them."""

DATE_PARTS: dict[str, Callable[[pa.Array], pa.Array]] = {
    "year": pc.year,
    "month": pc.month,
    "day": pc.day,
    "weekday": pc.day_of_week,
    "hour": pc.hour,
}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Feature:
    """How one feature is made of a column.

    Attributes
    ----------
    name
        The column's, or ``"column (part)"`` for a part of a date.
    column
        The column it is made of.
    kind
        What the column's values are taken for.
    part
        One of `DATE_PARTS`, or None.
    categories
        What each code stands for; None for a number.
    missing
        The code or sentinel of a gap; None for a number that had no gaps when the encoding was fitted.
    unseen
        The code of a category that was not there then; None for a number.
    lowest
        The smallest number that was observed, for one with gaps.
    """

    name: str
    column: str
    kind: ColumnKind
    part: str | None = None
    categories: tuple[str, ...] | None = None
    missing: float | None = None
    unseen: float | None = None
    lowest: float | None = None

    def text(self, value: float) -> str:
        """Return an encoded value as a person would write it."""
        if np.isnan(value):
            return MISSING
        if self.categories is not None:
            return self.categories[int(value)]
        return MISSING if self.missing == value else f"{value:.6g}"


@dataclass(frozen=True)
class Encoding:
    """How a table is encoded: part of the dataset, and stored with the model that was trained on it.

    Attributes
    ----------
    features
        One entry a feature, in their order.
    target
        The column that is predicted.
    class_names
        Name of each class code; None in regression.
    format
        How the table is read; None in runs that were made before it was stored.
    """

    features: tuple[Feature, ...]
    target: str
    class_names: tuple[str, ...] | None
    format: TableFormat | None = None

    def columns(self) -> tuple[str, ...]:
        """Return the columns that the features are made of, in order."""
        return tuple(dict.fromkeys(feature.column for feature in self.features))

    def as_dict(self) -> dict[str, Any]:
        """Return the encoding as plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Encoding":
        """Return an encoding from what `as_dict` gave, through JSON or not."""
        features = []
        for entry in values["features"]:
            categories = entry["categories"]
            features.append(Feature(**{**entry, "categories": None if categories is None else tuple(categories)}))
        names, form = values["class_names"], values.get("format")
        return cls(
            tuple(features),
            values["target"],
            None if names is None else tuple(names),
            None if form is None else TableFormat.from_dict(form),
        )


def fit_features(column: Column, role: str, learnt: BoolArray) -> tuple[Feature, ...]:
    """Decide how a column becomes features.

    Parameters
    ----------
    column
        The column, of a kind that suits the role.
    role
        ``"numeric"``, ``"categorical"`` or ``"date"``.
    learnt
        (n,) the rows that the model may learn from.
    """
    values = column.values.filter(pa.array(learnt))
    if role == "categorical":
        texts = category_texts(values)
        names, grouped = _categories(texts, numeric=column.kind == "number")
        return (_category(column.name, column, names, grouped),)
    if role == "date":
        found = {part: value(values) for part, value in DATE_PARTS.items()}
        varied = [part for part, parts in found.items() if pc.count_distinct(parts).as_py() > 1]
        return tuple(_date_part(column, part, found[part]) for part in varied)
    sentinel, lowest = _sentinel(values)
    return (Feature(column.name, column.name, column.kind, missing=sentinel, lowest=lowest),)


def encode_feature(feature: Feature, column: Column) -> tuple[FloatArray, tuple[str, ...]]:
    """Encode a column (n,) as a feature (n,); say what in it the encoding does not know.

    A gap in a number that had none when the encoding was fitted stays NaN: the model has never seen one, and the
    row's explanation says so.
    """
    if column.kind == "empty" and feature.kind == "date":
        column = replace(column, values=pa.nulls(len(column.values), pa.timestamp("s")))
    if feature.categories is not None:
        return _encode_categories(feature, feature.categories, column)
    values = column.values if feature.part is None else DATE_PARTS[feature.part](column.values)
    numbers: FloatArray = np.array(pc.cast(values, pa.float64()).to_numpy(zero_copy_only=False))
    gaps = np.isnan(numbers)
    if feature.missing is None or feature.lowest is None:
        return numbers, _note(gaps, f"of {feature.name!r} are missing, and the model has never seen it missing")
    # Whatever lies so far below all that was seen, LIME and the model would take for a gap.
    lost = numbers <= (feature.missing + feature.lowest) / 2
    numbers[gaps] = feature.missing
    numbers[lost] = np.nan
    return numbers, _note(lost, f"in {feature.name!r} are far below all that the model has seen: not explained")


def _note(found: BoolArray, what: str) -> tuple[str, ...]:
    count = int(found.sum())
    return (f"{count} values {what}",) if count else ()


def category_texts(values: pa.Array) -> pa.Array:
    """Return values as the texts of categories; numbers as a person writes them, whole ones without a point."""
    if pa.types.is_floating(values.type):
        encoded = values.dictionary_encode()
        texts = pa.array([number_text(value) for value in encoded.dictionary.to_pylist()], pa.string())
        return texts.take(encoded.indices)
    if pa.types.is_timestamp(values.type):
        return pc.strftime(values, format="%Y-%m-%d")
    return values


def number_text(value: float) -> str:
    """Return a number as a person writes it."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else f"{value:.15g}"


def _categories(texts: pa.Array, *, numeric: bool) -> tuple[tuple[str, ...], bool]:
    """Return the categories that get a code of their own, in order, and whether others were left over."""
    counts = Counter(
        {entry["values"]: entry["counts"] for entry in pc.value_counts(texts.drop_null()).to_pylist()}
    )
    kept = [name for name, _ in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))]
    grouped = len(kept) > MOST_CATEGORIES
    kept = kept[:MOST_CATEGORIES] if grouped else kept
    return tuple(sorted(kept, key=float) if numeric else sorted(kept)), grouped


def _category(name: str, column: Column, kept: tuple[str, ...], grouped: bool, part: str | None = None) -> Feature:
    """Give the categories their codes, and one each to rare ones, to gaps, and to what is yet unseen."""
    names = list(kept)
    if grouped:
        names.append(OTHER if OTHER not in kept else f"({OTHER})")
        unseen = len(names) - 1
    names.append(MISSING if MISSING not in kept else f"({MISSING})")
    missing = len(names) - 1
    if not grouped:
        names.append(UNSEEN if UNSEEN not in kept else f"({UNSEEN})")
        unseen = len(names) - 1
    return Feature(name, column.name, column.kind, part, tuple(names), float(missing), float(unseen))


def _date_part(column: Column, part: str, values: pa.Array) -> Feature:
    name = f"{column.name} ({part})"
    if part == "weekday":
        return _category(name, column, WEEKDAYS, grouped=False, part=part)
    sentinel, lowest = _sentinel(values)
    return Feature(name, column.name, column.kind, part, missing=sentinel, lowest=lowest)


def _sentinel(values: pa.Array) -> tuple[float | None, float | None]:
    """Return a number far below all observed ones to stand for a gap, and the smallest; None without gaps.

    It is not 0 and is a float32, so that it is the same number wherever it is compared.
    """
    if not values.null_count:
        return None, None
    span = pc.min_max(values).as_py()
    low, high = float(span["min"]), float(span["max"])
    sentinel = float(np.float32(low - max(1.0, FAR * (high - low), abs(low) / 1000)))
    return sentinel if sentinel else -1.0, low


def _encode_categories(
    feature: Feature, categories: tuple[str, ...], column: Column
) -> tuple[FloatArray, tuple[str, ...]]:
    if feature.part == "weekday":
        codes = pc.day_of_week(column.values)
        return np.asarray(
            pc.fill_null(pc.cast(codes, pa.float64()), feature.missing).to_numpy(zero_copy_only=False)
        ), ()
    texts = category_texts(column.values)
    special = {feature.missing, feature.unseen}
    if feature.kind == "boolean":
        texts = as_spelled(texts, [name for at, name in enumerate(categories) if at not in special])
    known = pa.array([name if at not in special else None for at, name in enumerate(categories)], pa.string())
    found = pc.index_in(texts, value_set=known, skip_nulls=True)
    unseen = pc.and_(pc.is_valid(texts), pc.is_null(found))
    codes = pc.if_else(unseen, feature.unseen, pc.cast(found, pa.float64()))
    encoded: FloatArray = np.array(pc.fill_null(codes, feature.missing).to_numpy(zero_copy_only=False))
    if categories[int(feature.unseen or 0)].strip("()") == OTHER:
        return encoded, ()
    strangers = pc.unique(texts.filter(unseen)).to_pylist()
    shown = ", ".join(repr(name) for name in strangers[:3])
    many = np.asarray(unseen.to_numpy(zero_copy_only=False))
    return encoded, _note(many, f"of {feature.name!r} are categories that the model has never seen, like {shown}")


def as_spelled(texts: pa.Array, names: Sequence[str]) -> pa.Array:
    """Return yes and no in the spelling of the categories: Parquet has true where a CSV file has TRUE."""
    encoded = texts.dictionary_encode()
    spelled = {name.lower(): name for name in names}
    distinct = [
        text if text in names else spelled.get(text.lower(), text) for text in encoded.dictionary.to_pylist()
    ]
    return pa.array(distinct, pa.string()).take(encoded.indices)


@dataclass(frozen=True)
class BatchEncoder:
    """Encodes batches as the model's own table was encoded, value by value: how they are cut changes nothing.

    What depends on a whole column is settled beforehand: texts are written as in the model's table,
    unless the options say otherwise. A number or date in another notation cannot be explained.

    Attributes
    ----------
    encoding
        Of the table that the model was trained on.
    found
        For each of its columns, the name of the table's column; None where it is not there and taken as missing.
    options
        How texts are written, instead of what the encoding knows.
    """

    encoding: Encoding
    found: dict[str, str | None]
    options: ReadOptions

    @classmethod
    def of(cls, encoding: Encoding, names: Sequence[str], options: ReadOptions) -> "BatchEncoder":
        """Find the columns of a table by their names, spaces around them aside.

        Raises
        ------
        DataError
            When a column is not there that the model has never seen without values.
        """
        stripped = {name.strip(): name for name in reversed(names)}
        found = {name: name if name in names else stripped.get(name.strip()) for name in encoding.columns()}
        for feature in encoding.features:
            if found[feature.column] is None and feature.missing is None:
                shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
                raise DataError(
                    f"The table has no column {feature.column!r}, which the model needs; it has {shown}."
                )
        return cls(encoding, found, options)

    @property
    def columns(self) -> tuple[str, ...]:
        """The table's columns that `encode` needs, in the order in which it takes them."""
        return tuple(name for name in self.found.values() if name is not None)

    def encode(self, columns: Sequence[pa.Array]) -> npt.NDArray[np.float64]:
        """Return a batch (n, d) of features; NaN where the model has never seen such a value."""
        arrays = dict(zip(self.columns, columns, strict=True))
        understood: dict[str, Column] = {
            name: self._understand(name, arrays[held]) for name, held in self.found.items() if held is not None
        }
        features = np.empty((len(columns[0]), len(self.encoding.features)))
        for at, feature in enumerate(self.encoding.features):
            column = understood.get(feature.column)
            features[:, at] = feature.missing if column is None else encode_feature(feature, column)[0]
            if column is not None and column.misfits is not None:
                features[np.asarray(column.misfits.to_numpy(zero_copy_only=False)), at] = np.nan
        return features

    def _understand(self, name: str, values: pa.Array) -> Column:
        kind = next(feature.kind for feature in self.encoding.features if feature.column == name)
        form = self.encoding.format or TableFormat(ReadOptions())
        like = form.column(name, kind, self.options)
        options = self.options.over(form.options)
        return parse_column(name, pa.chunked_array([values]), options, decimal=".", wanted=kind, like=like)
