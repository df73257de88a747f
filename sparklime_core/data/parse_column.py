"""A column of text to a column of numbers, truth values, dates or text: decided, with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sparklime_core.data import parse_dates, parse_numbers
from sparklime_core.data.read_options import (
    MISSING_WORDS,
    NO_NUMBERS,
    ColumnFormat,
    ColumnKind,
    Notation,
    ReadOptions,
)

MOSTLY = 0.9
"""A column is one of numbers when so large a share of its values are; the others are then taken as missing."""

FEW_NAMES = 30
"""So few different values, numbers among them, are names."""

TAKEN = "taken as missing"
MOST_SPELLINGS = 6
"""Of yes and no: Yes, yes, YES, and so on."""

_TRUTH = ({"true", "false"}, {"yes", "no"}, {"y", "n"}, {"t", "f"}, {"on", "off"})


@dataclass(frozen=True)
class Column:
    """A column of a table, understood.

    Attributes
    ----------
    name
        As the person wrote it, or made up where there was none.
    kind
        ``"number"``, ``"boolean"``, ``"date"``, ``"text"``, or ``"empty"`` when it has no value at all.
    values
        (n,) float64 for numbers, ``timestamp[s]`` for dates, text for the others; null where missing.
    raw
        (n,) what the file holds.
    reason
        Why it is of this kind.
    notes
        What was done to some of its values.
    written
        How its values are written.
    misfits
        (n,) which values are numbers or dates, but written otherwise than in the table that they should be like;
        None where there are none.
    """

    name: str
    kind: ColumnKind
    values: pa.Array
    raw: pa.ChunkedArray
    reason: str
    notes: tuple[str, ...] = ()
    written: ColumnFormat | None = None
    misfits: pa.Array | None = None

    @property
    def missing(self) -> int:
        """Rows without a value."""
        return int(self.values.null_count)

    @cached_property
    def distinct(self) -> int:
        """Different values, missing ones aside."""
        return count_distinct(self.values)


def count_distinct(values: pa.Array) -> int:
    """Return how many different values there are; sorting numbers and dates is faster than hashing them."""
    if not (pa.types.is_floating(values.type) or pa.types.is_timestamp(values.type)):
        return int(pc.count_distinct(values, mode="only_valid").as_py())
    ordered = np.sort(values.drop_null().to_numpy(zero_copy_only=False))
    return int((ordered[1:] != ordered[:-1]).sum()) + 1 if len(ordered) else 0


def parse_column(
    name: str,
    raw: pa.ChunkedArray,
    options: ReadOptions,
    *,
    decimal: str,
    wanted: ColumnKind | None = None,
    like: ColumnFormat | None = None,
) -> Column:
    """Understand a column.

    Parameters
    ----------
    name, raw
        The column, as the file holds it: text, or any type of a Parquet file.
    options
        What the person has decided.
    decimal
        The decimal mark where a column's own values leave it open.
    wanted
        The kind to read it as; values of another kind become missing, with a note.
    like
        How numbers and dates are known to be written: every value is then read by itself, independent of the
        others.
    """
    if not is_text(raw.type):
        typed = _typed(name, raw, None if like is None else like.zone)
        if typed.kind != "text" and wanted in (None, typed.kind):
            return typed
        raw = _as_text(raw)
    trimmed = pc.utf8_trim_whitespace(_flat(raw))
    texts, notes = _without(trimmed, MISSING_WORDS if options.missing_words is None else options.missing_words)
    if texts.null_count == len(texts):
        return Column(name, "empty", texts, raw, "it has no values", notes)
    return _understand(_Cells(name, raw, texts, notes, options, decimal, like), wanted)


def is_text(kind: pa.DataType) -> bool:
    """Return whether a type is one of text."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _without(texts: pa.Array, words: Sequence[str]) -> tuple[pa.Array, tuple[str, ...]]:
    """Return texts with null for empty ones and words that mean missing, and a note on the words."""
    mask = pc.is_in(texts, value_set=pa.array(["", *words], pa.string()))
    found = pc.value_counts(texts.filter(mask)).to_pylist() if pc.any(mask).as_py() else []
    cleared = pc.if_else(mask, pa.scalar(None, pa.string()), texts)
    named = [f"{entry['values']!r} ({entry['counts']})" for entry in found if entry["values"]]
    note = (f"{TAKEN}: {', '.join(named[:5])}",) if named else ()
    return cleared, note


def _flat(values: pa.ChunkedArray) -> pa.Array:
    flat = values.cast(pa.string()).combine_chunks()
    return flat.combine_chunks() if isinstance(flat, pa.ChunkedArray) else flat


def _note_others(texts: pa.Array, values: pa.Array, what: str) -> tuple[str, ...]:
    """Return a note on the texts that are none of the values."""
    lost = texts.filter(pc.and_(pc.is_valid(texts), pc.is_null(values)))
    if not len(lost):
        return ()
    shown = ", ".join(repr(_short(text)) for text in pc.unique(lost)[:3].to_pylist())
    return (f"{len(lost)} values that are no {what} are taken as missing, like {shown}",)


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


@dataclass(frozen=True)
class _Cells:
    """A column on its way: trimmed texts, null where missing."""

    name: str
    raw: pa.ChunkedArray
    texts: pa.Array
    notes: tuple[str, ...]
    options: ReadOptions
    decimal: str
    like: ColumnFormat | None

    def column(self, values: pa.Array, reason: str, *notes: str, written: ColumnFormat) -> Column:
        return Column(self.name, written.kind, values, self.raw, reason, (*self.notes, *notes), written)

    def text(self, reason: str) -> Column:
        return self.column(self.texts, reason, written=ColumnFormat("text"))


def _as_numbers(cells: _Cells) -> Column | None:
    if parse_numbers.are_codes(cells.texts):
        return cells.text("its numbers begin with zeros, so they are codes")
    if parse_numbers.are_huge(cells.texts):
        return cells.text("its whole numbers are too large to be held exactly")
    return _numbers_of_share(cells, 1.0)


def _as_mostly_numbers(cells: _Cells) -> Column | None:
    return _numbers_of_share(cells, MOSTLY)


def _numbers_of_share(cells: _Cells, least: float) -> Column | None:
    found = parse_numbers.parse_numbers(cells.texts, cells.decimal)
    filled = len(cells.texts) - cells.texts.null_count
    kept = len(cells.texts) - found.values.null_count
    if not filled or kept < least * filled or (kept < filled and _are_names(cells.texts, found.values)):
        return None
    if found.notation.thousands == "mark" and parse_numbers.are_addresses(cells.texts):
        return None
    reason = found.reason if kept == filled else f"{kept / filled:.1%} of its values are numbers"
    return _number_column(cells, found, reason)


def _number_column(cells: _Cells, found: parse_numbers.Numbers, reason: str) -> Column:
    values, beyond = parse_numbers.within_reach(found.values)
    others = _note_others(cells.texts, found.values, "numbers")
    return cells.column(values, reason, *others, *beyond, written=ColumnFormat("number", found.notation))


def _understand(cells: _Cells, wanted: ColumnKind | None) -> Column:
    if wanted in ("text", "boolean"):
        return cells.column(cells.texts, "its values are text", written=ColumnFormat(wanted))
    values = cells
    if cells.options.missing_words is None:
        texts, more = _without(cells.texts, NO_NUMBERS)
        values = replace(cells, texts=texts, notes=(*cells.notes, *more))
    if wanted is not None:
        return _forced_numbers(values) if wanted == "number" else _forced_dates(values)
    attempts = (_as_numbers, _as_truth, _as_dates, _as_mostly_numbers)
    found = (column for attempt in attempts if (column := attempt(values)) is not None)
    return next(found, None) or _plain_text(cells)


def _are_names(texts: pa.Array, values: pa.Array) -> bool:
    """Return whether numbers among other texts name things: they are few, or the others are codes like 12a."""
    distinct = count_distinct(texts)
    if distinct <= FEW_NAMES and distinct * 3 <= len(texts) - texts.null_count:
        return True
    others = pc.unique(texts.filter(pc.is_null(values)).drop_null())
    return bool(pc.any(pc.match_substring_regex(others, pattern=r"^[A-Za-z]{0,3}\d+[A-Za-z]{0,3}$")).as_py())


def _as_truth(cells: _Cells) -> Column | None:
    if len(pc.unique(cells.texts.drop_null()[:1000])) > MOST_SPELLINGS:
        return None
    distinct = pc.unique(cells.texts).drop_null()
    if len(distinct) > MOST_SPELLINGS or {text.lower() for text in distinct.to_pylist()} not in _TRUTH:
        return None
    values = cells.texts if len(distinct) == 2 else pc.utf8_lower(cells.texts)
    return cells.column(values, "its values are yes or no", written=ColumnFormat("boolean"))


def _as_dates(cells: _Cells) -> Column | None:
    found = parse_dates.parse_dates(cells.texts, cells.options.day_first)
    return None if found is None else _date_column(cells, found)


def _date_column(cells: _Cells, found: parse_dates.Dates) -> Column:
    written = ColumnFormat("date", day_first=found.day_first, zone=found.zone)
    others = _note_others(cells.texts, found.values, "dates")
    return cells.column(found.values, found.reason, *others, *found.notes, written=written)


def _plain_text(cells: _Cells) -> Column:
    return cells.text("its values are text")


def _forced_numbers(cells: _Cells) -> Column:
    if cells.like is None or cells.like.notation is None:
        found = parse_numbers.parse_numbers(cells.texts, cells.decimal)
        return _number_column(cells, found, found.reason)
    notation = cells.like.notation
    parsed, misfits = parse_numbers.parse_as(cells.texts, notation)
    column = _number_column(cells, parse_numbers.Numbers(parsed, "", notation), "as in the model's table")
    return replace(column, misfits=_some(misfits))


def _forced_dates(cells: _Cells) -> Column:
    if cells.like is not None:
        parsed, misfits, notes = parse_dates.parse_as(cells.texts, cells.like.day_first, cells.like.zone)
        others = _note_others(cells.texts, parsed, "dates")
        column = cells.column(parsed, "as in the model's table", *others, *notes, written=cells.like)
        return replace(column, misfits=_some(misfits))
    found = parse_dates.parse_dates(cells.texts, cells.options.day_first, least=0.0)
    if found is None:
        nothing = pa.nulls(len(cells.texts), pa.timestamp("s"))
        found = parse_dates.Dates(nothing, "none of its values is a date")
    return _date_column(cells, found)


def _some(misfits: pa.Array) -> pa.Array | None:
    return misfits if pc.any(misfits).as_py() else None


def _typed(name: str, raw: pa.ChunkedArray, zone: str | None) -> Column:
    """Take over a column whose file says its type, as Parquet does."""
    kind = raw.type
    reason = f"the file says its type, {kind}"
    if pa.types.is_null(kind):
        return Column(name, "empty", pa.nulls(len(raw), pa.string()), raw, "it has no values")
    if pa.types.is_boolean(kind):
        return Column(name, "boolean", _flat(raw), raw, reason, written=ColumnFormat("boolean"))
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        values, used, notes = parse_dates.local_times(raw, zone)
        return Column(name, "date", values, raw, reason, notes, ColumnFormat("date", zone=used))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _typed_numbers(name, raw, reason)
    return Column(name, "text", pa.nulls(len(raw), pa.string()), raw, reason, written=ColumnFormat("text"))


def _typed_numbers(name: str, raw: pa.ChunkedArray, reason: str) -> Column:
    if parse_numbers.is_beyond_exact(raw):
        reason = "its whole numbers are too large to be held exactly"
        return Column(name, "text", _flat(raw), raw, reason, written=ColumnFormat("text"))
    values, notes = parse_numbers.within_reach(raw.cast(pa.float64(), safe=False).combine_chunks())
    if values.null_count == len(values):
        return Column(name, "empty", values, raw, "it has no values", notes)
    written = ColumnFormat("number", Notation("."))
    return Column(name, "number", values, raw, reason, notes, written)


def _as_text(raw: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a typed column as text, by Arrow or, where Arrow has no text for it, as Python writes its values.

    Arrow casts nothing that is nested (it says `ArrowNotImplementedError`), nor bytes that are no UTF-8
    (`ArrowInvalid`).
    """
    try:
        return raw.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.chunked_array(
            [pa.array([None if value is None else str(value) for value in raw.to_pylist()], pa.string())]
        )
