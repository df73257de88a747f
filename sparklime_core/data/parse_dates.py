"""Texts to dates: the usual ways to write them, checked against the calendar."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparklime_core.errors import DataError

MOSTLY = 0.95
"""A column is one of dates when so large a share of its values are."""

PIVOT = 30
"""Years of two digits below it are of this century, as spreadsheets have it."""

_TIME = (
    r"(?:[T ]+(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,]\d+)?)?\s*(?P<p>[AaPp][Mm])?"
    r"\s*(?P<z>Z|UTC|GMT|[-+]\d{2}(?::?\d{2})?)?)?"
)
_WEEKDAY = r"(?:(?:[Mm]on|[Tt]ue|[Ww]ed|[Tt]hu|[Ff]ri|[Ss]at|[Ss]un)[a-z]*,? )?"
_PATTERNS = {
    "year-month-day": rf"^(?P<y>\d{{4}})[-/.](?P<m>\d{{1,2}})(?:[-/.](?P<d>\d{{1,2}}){_TIME})?$",
    "numbers": rf"^(?P<a>\d{{1,2}})[-/.](?P<b>\d{{1,2}})[-/.](?P<y>\d{{4}}|\d{{2}}){_TIME}$",
    "day month year": (
        rf"^{_WEEKDAY}(?P<d>\d{{1,2}})[- .]+(?P<n>[A-Za-z]{{3,9}})[- ,.]+"
        rf"(?P<y>\d{{4}}|\d{{2}}){_TIME}$"
    ),
    "month day year": rf"^{_WEEKDAY}(?P<n>[A-Za-z]{{3,9}})[. -]+(?P<d>\d{{1,2}})(?:,? +|-)(?P<y>\d{{4}}){_TIME}$",
    "year and month": r"^(?P<y>\d{4})[-: ]?[Mm](?P<m>\d{1,2})$",
    "year and quarter": r"^(?P<y>\d{4})[-: ]?[Qq](?P<q>[1-4])$",
    "month year": r"^(?P<n>[A-Za-z]{3,9})[- .]+(?P<y>\d{4})$",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Dates:
    """Parsed dates.

    Attributes
    ----------
    values
        (n,) ``timestamp[s]`` as written (an offset from UTC is not applied); null where missing or no date.
    reason
        How they are written.
    day_first
        Whether the day is first; None where they are not three numbers with the year at the end.
    zone
        ``"UTC"`` where all times say that they are of it.
    notes
        What is to be known of their time zones.
    """

    values: pa.Array
    reason: str
    day_first: bool | None = None
    zone: str | None = None
    notes: tuple[str, ...] = ()


def parse_dates(texts: pa.Array, day_first: bool | None, *, least: float = MOSTLY) -> Dates | None:
    """Parse texts (n,), or return None when less than a share `least` of them are dates of one pattern."""
    filled = len(texts) - texts.null_count
    start = texts.drop_null()[:200]
    for name, pattern in _PATTERNS.items():
        tried = pc.match_substring_regex(start, pattern=_unnamed(pattern))
        if not len(start) or (pc.sum(tried).as_py() or 0) < max(least - 0.15, 0.01) * len(start):
            continue
        parts = pc.extract_regex(texts, pattern=pattern)
        if name == "numbers" and least and _are_versions(texts, parts):
            continue
        order, why = _order(parts, day_first) if name == "numbers" else (name, "")
        values = _assemble(parts, order)
        kept = len(texts) - values.null_count
        if kept and kept >= least * filled:
            zone, notes = _zones(parts)
            day = order.startswith("day/") if name == "numbers" else None
            return Dates(values, f"its values are dates, written {order}{why}", day, zone, notes)
    return None


def parse_as(
    texts: pa.Array, day_first: bool | None, zone: str | None
) -> tuple[pa.Array, pa.Array, tuple[str, ...]]:
    """Parse texts (n,) one by one: what becomes of a text does not depend on the others.

    Parameters
    ----------
    day_first
        Whether the day is first in dates of three numbers; None where such dates are not expected.
    zone
        The time zone to which times with an offset from UTC are converted; None: they stay as written.

    Returns
    -------
    values
        (n,) ``timestamp[s]``, null where a text is missing or not such a date.
    misfits
        (n,) which texts are dates of three numbers in another order.
    notes
        What was converted.
    """
    values, misfits = pa.nulls(len(texts), pa.timestamp("s")), pa.repeat(False, len(texts))
    notes: list[str] = []
    for name, pattern in _PATTERNS.items():
        left = pc.and_(pc.is_null(values), pc.is_valid(texts))
        if not pc.any(left).as_py():
            break
        parts = pc.extract_regex(pc.if_else(left, texts, pa.scalar(None, pa.string())), pattern=pattern)
        if name == "numbers":
            days, months = _assemble(parts, "day/month/year"), _assemble(parts, "month/day/year")
            taken, untaken = (days, months) if day_first else (months, days)
            if day_first is None:
                taken, untaken = pa.nulls(len(texts), pa.timestamp("s")), pc.coalesce(days, months)
            misfits = pc.and_(pc.is_null(taken), pc.is_valid(untaken))
        else:
            taken = _assemble(parts, name)
        taken, converted = _in_zone(taken, parts, zone)
        notes += [f"{converted} times are converted to {zone}, as the model's table has them"] * bool(converted)
        values = pc.coalesce(values, taken)
    return values, misfits, tuple(notes)


def local_times(raw: pa.ChunkedArray, zone: str | None) -> tuple[pa.Array, str | None, tuple[str, ...]]:
    """Return the local times of a typed column.

    Parameters
    ----------
    raw
        (n,) dates or timestamps.
    zone
        The zone to have them in, where they have one; their own when None.

    Returns
    -------
    values
        (n,) ``timestamp[s]`` without a time zone.
    zone
        The one that they are in, if any.
    notes
        What is to be known of it.

    Raises
    ------
    DataError
        When there is no such time zone.
    """
    own = raw.type.tz if pa.types.is_timestamp(raw.type) else None
    if own is None:
        return raw.cast(pa.timestamp("s"), safe=False).combine_chunks(), None, ()
    used = zone or own
    try:
        values = pc.local_timestamp(raw.cast(pa.timestamp("s", used), safe=False)).combine_chunks()
    except pa.ArrowException as error:
        raise DataError(f"The time zone {used!r} is not known on this machine; write the times in UTC.") from error
    if used == own:
        return values, used, (f"times are local ones of {used}, as the file has them",)
    return values, used, (f"times are converted from {own} to {used}, as the model's table has them",)


def _are_versions(texts: pa.Array, parts: pa.Array) -> bool:
    """Return whether texts like 1.12.10 are versions of software rather than dates with a year of two digits.

    A date has a day above 12 somewhere, or parts that are filled up with zeros; and all of them are dates.
    """
    dotted = pc.match_substring_regex(texts, pattern=r"^\d{1,4}\.\d{1,4}\.\d{1,3}$")
    if (pc.sum(dotted).as_py() or 0) < (len(texts) - texts.null_count):
        return False
    first, second = _part(parts, "a", -1), _part(parts, "b", -1)
    high, low = np.maximum(first, second), np.minimum(first, second)
    padded = pc.any(pc.match_substring_regex(texts, pattern=r"^0\d\.|\.0\d\.")).as_py()
    valid = (high <= 31) & (low >= 1) & (low <= 12)
    known = np.asarray(texts.is_valid().to_numpy(zero_copy_only=False))
    return not valid[known].all() or not (padded or (high > 12).any())


def _zones(parts: pa.Array) -> tuple[str | None, tuple[str, ...]]:
    """Return UTC where all times are of it, and a note on the offsets of the others."""
    if "z" not in [field.name for field in parts.type]:
        return None, ()
    found = pc.struct_field(parts, "z")
    offsets = sorted(text for text in pc.unique(found).to_pylist() if text)
    if not offsets:
        return None, ()
    whole = not pc.any(pc.equal(found, "")).as_py()
    if whole and all(_seconds(text) == 0 for text in offsets):
        return "UTC", ("times are in UTC, as the file has them",)
    shown = ", ".join(offsets[:4]) + (", …" if len(offsets) > 4 else "")
    return None, (f"times are local ones as written; their offsets from UTC ({shown}) are not applied",)


def _in_zone(values: pa.Array, parts: pa.Array, zone: str | None) -> tuple[pa.Array, int]:
    """Convert dates (n,) with an offset from UTC to a time zone; return how many were another time before."""
    if zone is None or "z" not in [field.name for field in parts.type]:
        return values, 0
    encoded = pc.fill_null(pc.struct_field(parts, "z"), "").dictionary_encode()
    seconds = pa.array([_seconds(text) for text in encoded.dictionary.to_pylist()], pa.int64())
    offsets = seconds.take(encoded.indices)
    instants = pc.subtract(values, pc.cast(offsets, pa.duration("s")))
    local = local_times(pa.chunked_array([pc.assume_timezone(instants, "UTC")]), zone)[0]
    local = pc.if_else(pc.is_valid(offsets), local, values)
    return local, int(pc.sum(pc.not_equal(local, values)).as_py() or 0)


def _seconds(offset: str) -> int | None:
    """Return an offset from UTC in seconds; None where none is written."""
    if not offset or offset in ("Z", "UTC", "GMT"):
        return 0 if offset else None
    digits = offset[1:].replace(":", "").ljust(4, "0")
    return (int(digits[:2]) * 3600 + int(digits[2:]) * 60) * (-1 if offset[0] == "-" else 1)


def _unnamed(pattern: str) -> str:
    return pattern.replace("(?P<", "(?P<x")


def _part(parts: pa.Array, name: str, default: int) -> _IntArray:
    """Return a part as whole numbers: `default` where it is left out, -1 where nothing was found."""
    names = [field.name for field in parts.type]
    if name not in names:
        return np.full(len(parts), default, dtype=np.int64)
    texts = pc.struct_field(parts, name)
    texts = pc.if_else(pc.equal(texts, ""), str(default), texts)
    return np.asarray(pc.fill_null(pc.cast(texts, pa.int64()), -1).to_numpy(zero_copy_only=False))


def _order(parts: pa.Array, day_first: bool | None) -> tuple[str, str]:
    if day_first is not None:
        return ("day/month/year" if day_first else "month/day/year"), ", as you chose"
    first, second = _part(parts, "a", -1), _part(parts, "b", -1)
    days_first = int(((first > 12) & (second <= 12)).sum())
    months_first = int(((second > 12) & (first <= 12)).sum())
    if days_first > months_first:
        return "day/month/year", ""
    if months_first:
        return "month/day/year", ""
    return "month/day/year", ", though they could be day/month/year: choose the day first to have it so"


def _assemble(parts: pa.Array, order: str) -> pa.Array:
    found = ~np.asarray(parts.is_null().to_numpy(zero_copy_only=False))
    year = _part(parts, "y", -1)
    two_digits = found & (year < 100) & (_lengths(parts) == 2)
    year = np.where(two_digits, year + np.where(year < PIVOT, 2000, 1900), year)
    if order in ("day/month/year", "month/day/year"):
        day, month = (_part(parts, name, 1) for name in ("ab" if order.startswith("day") else "ba"))
    else:
        day, month = _part(parts, "d", 1), _month(parts)
    hour, minute, second = (_part(parts, name, 0) for name in "HMS")
    hour = _on_24_hours(parts, hour)
    valid = found & (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1)
    valid &= (hour >= 0) & (hour < 24) & (minute >= 0) & (minute < 60) & (second >= 0) & (second < 61)
    safe_year, safe_month = np.where(valid, year, 2000), np.where(valid, month, 1)
    months = (safe_year - 1970).astype("M8[Y]").astype("M8[M]") + (safe_month - 1).astype("m8[M]")
    days = months.astype("M8[D]") + (np.where(valid, day, 1) - 1).astype("m8[D]")
    valid &= days.astype("M8[M]") == months  # a 31st of February is no date
    seconds = days.astype("M8[s]") + (hour * 3600 + minute * 60 + second).astype("m8[s]")
    return pa.array(seconds, pa.timestamp("s"), mask=~valid)


def _lengths(parts: pa.Array) -> _IntArray:
    return np.asarray(
        pc.fill_null(pc.binary_length(pc.struct_field(parts, "y")), 0).to_numpy(zero_copy_only=False)
    )


def _month(parts: pa.Array) -> _IntArray:
    names = [field.name for field in parts.type]
    if "q" in names:
        return _part(parts, "q", 1) * 3 - 2
    if "n" not in names:
        return _part(parts, "m", 1)
    start = pc.utf8_lower(pc.utf8_slice_codeunits(pc.struct_field(parts, "n"), 0, 3))
    found = pc.fill_null(pc.index_in(start, value_set=pa.array(_MONTHS)), -1)
    return np.asarray(found.to_numpy(zero_copy_only=False)).astype(np.int64) + 1


def _on_24_hours(parts: pa.Array, hour: _IntArray) -> _IntArray:
    if "p" not in [field.name for field in parts.type]:
        return hour
    half = pc.fill_null(pc.utf8_lower(pc.struct_field(parts, "p")), "").to_numpy(zero_copy_only=False)
    return np.where(half == "pm", hour % 12 + 12, np.where(half == "am", hour % 12, hour))
