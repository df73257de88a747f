"""Texts to numbers: decimal commas, thousands separators, currencies, percent signs, amounts in brackets."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

EXACT = 2**53
"""Beyond it, neighbouring whole numbers become the same float64."""

REACH = 1e37
"""The largest number that is kept: a forest compares numbers as float32."""

_CURRENCY = r"(?:[$€£¥₹₩₽]|US\$|USD|EUR|GBP|CHF)"
_SIGN = r"[-+\x{2212}]?"
_GAP = r"[ \x{a0}\x{202f}\x{2009}'’]"
_EXPONENT = r"(?:[eE][-+]?\d{1,3})?"


def _shape(thousands: str, mark: str) -> str:
    whole = rf"(?:\d{{1,3}}(?:(?:{thousands}|{_GAP})\d{{3}})+|\d+)"
    number = rf"(?:{whole}(?:{mark}\d*)?|{mark}\d+){_EXPONENT}"
    amount = rf"{_SIGN}{_CURRENCY}?\s?{_SIGN}{number}\s?(?:%|{_CURRENCY})?"
    return rf"^(?:{amount}|\({amount}\))$"


SHAPES = {".": _shape(",", r"\."), ",": _shape(r"\.", ",")}
"""What a number looks like, by its decimal mark."""


@dataclass(frozen=True)
class Numbers:
    """Parsed numbers.

    Attributes
    ----------
    values
        (n,) float64, null where a text is missing or no number.
    reason
        How they are written.
    """

    values: pa.Array
    reason: str


def parse_numbers(texts: pa.Array, decimal: str, *, each: bool = False) -> Numbers:
    """Parse texts (n,), of which every one may be null.

    Parameters
    ----------
    decimal
        The mark where the texts leave it open.
    each
        Whether it is the mark in any case, so that what a text becomes does not depend on the others.
    """
    if decimal == "." or not pc.any(pc.match_substring(texts, ".")).as_py():
        try:
            return Numbers(pc.cast(texts, pa.float64()), "all its values are numbers")
        except pa.ArrowInvalid:
            pass
    encoded = texts.dictionary_encode()
    distinct = encoded.dictionary
    fits = {mark: pc.match_substring_regex(distinct, pattern=shape) for mark, shape in SHAPES.items()}
    mark = decimal if each else _mark(fits, decimal)
    values = _convert(pc.if_else(fits[mark], distinct, pa.scalar(None, pa.string())), mark)
    return Numbers(values.take(encoded.indices), _reason(distinct, mark))


def vote(texts: pa.Array) -> str | None:
    """Return the decimal mark that some of the texts can only have been written with, or None."""
    fits = {mark: pc.match_substring_regex(texts, pattern=shape) for mark, shape in SHAPES.items()}
    counts = {mark: pc.sum(found).as_py() or 0 for mark, found in fits.items()}
    if counts["."] == counts[","] or max(counts.values()) < 0.9 * (len(texts) - texts.null_count):
        return None
    return max(counts, key=lambda mark: counts[mark])


def are_codes(texts: pa.Array) -> bool:
    """Return whether texts are of digits only and some begin with a zero, like postal codes."""
    start = texts.drop_null()[:1000]
    if not pc.all(pc.match_substring_regex(start, pattern=r"^\d+$")).as_py():
        return False
    zeros = pc.match_substring_regex(texts, pattern=r"^0\d+$")
    return bool(pc.any(zeros).as_py()) and bool(pc.all(pc.match_substring_regex(texts, pattern=r"^\d+$")).as_py())


def are_huge(texts: pa.Array) -> bool:
    """Return whether texts are whole numbers of which some are beyond what a float64 holds exactly."""
    if (pc.max(pc.binary_length(texts)).as_py() or 0) < 16:
        return False
    if not pc.all(pc.match_substring_regex(texts, pattern=r"^[-+]?\d+$")).as_py():
        return False
    long = texts.filter(pc.fill_null(pc.greater_equal(pc.binary_length(texts), 16), False))
    return any(len(text) > 40 or abs(int(text)) > EXACT for text in pc.unique(long).to_pylist())


def is_beyond_exact(values: pa.ChunkedArray) -> bool:
    """Return whether a column of a whole-number type holds numbers beyond `EXACT`."""
    if not pa.types.is_integer(values.type):
        return False
    span = pc.min_max(values).as_py()
    return span["max"] is not None and max(abs(span["min"]), abs(span["max"])) > EXACT


def within_reach(values: pa.Array) -> tuple[pa.Array, tuple[str, ...]]:
    """Return numbers with null for NaN and for what is infinite or beyond `REACH`, and a note on the latter."""
    values = pc.if_else(pc.fill_null(pc.is_nan(values), False), pa.scalar(None, pa.float64()), values)
    beyond = pc.fill_null(pc.greater(pc.abs(values), REACH), False)
    count = pc.sum(beyond).as_py() or 0
    if not count:
        return values, ()
    note = f"{count} values that are infinite or beyond {REACH:g} are taken as missing"
    return pc.if_else(beyond, pa.scalar(None, pa.float64()), values), (note,)


def _mark(fits: dict[str, pa.Array], decimal: str) -> str:
    counts = {mark: pc.sum(found).as_py() or 0 for mark, found in fits.items()}
    return decimal if counts["."] == counts[","] else max(counts, key=lambda mark: counts[mark])


def _convert(texts: pa.Array, mark: str) -> pa.Array:
    """Strip texts that have the shape of a number to what Arrow reads as one."""
    bracketed = pc.starts_with(texts, pattern="(")
    plain = pc.replace_substring_regex(texts, pattern=_CURRENCY, replacement="")
    plain = pc.replace_substring(plain, pattern="\u2212", replacement="-")
    plain = pc.replace_substring_regex(plain, pattern=rf"[^0-9eE{mark}+-]", replacement="")
    plain = pc.replace_substring(plain, pattern=mark, replacement=".")
    plain = pc.replace_substring_regex(plain, pattern=r"^\+", replacement="")
    plain = pc.if_else(bracketed, pc.binary_join_element_wise("-", plain, ""), plain)
    plain = pc.replace_substring(plain, pattern="--", replacement="-")
    return pc.cast(plain, pa.float64())


def _reason(distinct: pa.Array, mark: str) -> str:
    said = []
    if pc.any(pc.match_substring(distinct, mark)).as_py() and mark == ",":
        said.append("decimal commas")
    other = "." if mark == "," else ","
    if pc.any(pc.match_substring_regex(distinct, pattern=rf"\d(?:[{other}]|{_GAP})\d{{3}}")).as_py():
        said.append("thousands separators")
    if pc.any(pc.match_substring_regex(distinct, pattern=_CURRENCY)).as_py():
        said.append("currency signs")
    if pc.any(pc.match_substring(distinct, "%")).as_py():
        said.append("percent signs")
    return "all its values are numbers" + (f", written with {' and '.join(said)}" if said else "")
