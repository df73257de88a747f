"""Texts to numbers: decimal commas, groups of thousands, currencies, percent signs, amounts in brackets."""

from dataclasses import dataclass
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from sparklime_core.data.read_options import ANY, GROUPINGS, Notation

EXACT = 2**53
"""Beyond it, neighbouring whole numbers become the same float64."""

REACH = 1e37
"""The largest number that is kept: a forest compares numbers as float32."""

MARKS = (".", ",")

_GAP = r"[ \x{a0}\x{202f}\x{2009}]"
_CODES = (
    "USD|EUR|GBP|CHF|JPY|CNY|INR|BRL|RUB|KRW|AUD|CAD|NZD|SGD|HKD|MXN|ZAR|TRY|SEK|NOK|DKK|PLN|CZK|HUF|RON|ILS|THB"
)
_CURRENCY = rf"(?:(?:US|R|A|C|AU|CA|NZ|HK|MX|S)?\$|\p{{Sc}}|[Kk]r\.?|Rs\.?|S?Fr\.|zł|Kč|Ft|{_CODES})"
_SIGN = r"[-+\x{2212}]?"
_EXPONENT = r"(?:[eE][-+]?\d{1,3})?"
_UNUSUAL = r"[^-0-9eE.,+()%$€£'’ʼ \x{2212}\x{a0}\x{202f}\x{2009}]"
_NEGATIVE = r"^[^\d]*[-\x{2212}(]|[-\x{2212}]$"
_GROUPED_OR_SHORT = r"^[-+]?(?:[1-9]\d{0,2}(?:\.\d{3})+|\d{1,3})$"


@dataclass(frozen=True)
class Numbers:
    """Parsed numbers.

    Attributes
    ----------
    values
        (n,) float64, null where a text is missing or no number.
    reason
        How they are written.
    notation
        The same, for the next table.
    """

    values: pa.Array
    reason: str
    notation: Notation


def parse_numbers(texts: pa.Array, decimal: str) -> Numbers:
    """Parse texts (n,), of which any may be null, in one notation for all.

    The notation is the one that most of the texts can be written in. So 1,234 is a decimal where 0,567 or 12,5 is
    in the same column.

    Parameters
    ----------
    decimal
        The mark where the texts leave it open.
    """
    if decimal == "." or not pc.any(pc.match_substring(texts, ".")).as_py():
        try:
            values = pc.cast(texts, pa.float64())
        except pa.ArrowInvalid:
            pass
        else:
            return Numbers(values, "all its values are numbers" + _open_point(texts), Notation(decimal))
    encoded = texts.dictionary_encode()
    distinct = encoded.dictionary
    notation, is_open = _choose(distinct, decimal)
    fits = _fits(distinct, notation)
    values = _convert(pc.if_else(fits, distinct, pa.scalar(None, pa.string())), notation.mark)
    reason = _reason(distinct, notation, decimal) + (_other_reading(distinct, notation.mark) if is_open else "")
    return Numbers(values.take(encoded.indices), reason, notation)


def parse_as(texts: pa.Array, notation: Notation) -> tuple[pa.Array, pa.Array]:
    """Parse texts (n,) one by one in a notation that is known.

    A group of thousands that the notation lacks is taken only where the text has no other reading.

    Returns
    -------
    values
        (n,) float64, null where a text is missing or not written so.
    misfits
        (n,) which texts are numbers in another notation.
    """
    encoded = texts.dictionary_encode()
    distinct = encoded.dictionary
    other = _fits(distinct, Notation(_other(notation.mark), ANY))
    same = _fits(distinct, Notation(notation.mark, ANY))
    fits = pc.or_(_fits(distinct, notation), pc.and_(same, pc.invert(other)))
    values = _convert(pc.if_else(fits, distinct, pa.scalar(None, pa.string())), notation.mark)
    misfits = pc.and_(pc.or_(same, other), pc.invert(fits))
    return values.take(encoded.indices), pc.fill_null(misfits.take(encoded.indices), False)


def vote(texts: pa.Array) -> str | None:
    """Return the decimal mark that some of the texts can only have been written with, or None."""
    counts = {mark: _count(_fits(texts, Notation(mark, ANY))) for mark in MARKS}
    if counts["."] == counts[","] or max(counts.values()) < 0.9 * (len(texts) - texts.null_count):
        return None
    return max(counts, key=lambda mark: counts[mark])


def are_addresses(texts: pa.Array) -> bool:
    """Return whether texts are IP addresses, like 192.168.100.200."""
    octet = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    return bool(pc.all(pc.match_substring_regex(texts, pattern=rf"^{octet}(?:\.{octet}){{3}}$")).as_py())


def _other(mark: str) -> str:
    return "," if mark == "." else "."


@cache
def _shape(notation: Notation, *, units: bool) -> str:
    """Return the pattern of a number; one without currencies is far quicker to compile."""
    mark, other = (r"\.", ",") if notation.mark == "." else (",", r"\.")
    wholes = {
        "mark": rf"[1-9]\d{{0,2}}(?:{other}\d{{3}})+",
        "space": rf"[1-9]\d{{0,2}}(?:{_GAP}\d{{3}})+",
        "apostrophe": r"[1-9]\d{0,2}(?:['’ʼ]\d{3})+",
        "lakh": rf"[1-9]\d?(?:{other}\d{{2}})*{other}\d{{3}}",
    }
    grouped = list(wholes.values()) if notation.thousands == ANY else [wholes.get(notation.thousands, r"\d+")]
    number = rf"(?:(?:{'|'.join(grouped)}|\d+)(?:{mark}\d*)?|{mark}\d+){_EXPONENT}"
    currency = _CURRENCY if units else "[$€£]"
    unit = rf"(?:{_GAP}?(?:%|{currency}))?"
    signed = rf"(?:{_SIGN}(?:{currency}{_GAP}?)?|{currency}{_GAP}?{_SIGN}){number}[-\x{{2212}}]?{unit}"
    return rf"^(?:{signed}|{currency}?\({signed}\)%?)$"


def _fits(texts: pa.Array, notation: Notation) -> pa.Array:
    if not _any(texts, r"\d"):
        return pc.and_(pc.is_valid(texts), False)
    return pc.match_substring_regex(texts, pattern=_shape(notation, units=_any(texts, _UNUSUAL)))


def _any(texts: pa.Array, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(texts, pattern=pattern)).as_py())


def _count(found: pa.Array) -> int:
    return int(pc.sum(found).as_py() or 0)


def _choose(distinct: pa.Array, decimal: str) -> tuple[Notation, bool]:
    """Return the notation in which most texts can be written, and whether that leaves the mark open."""
    counts = {mark: _count(_fits(distinct, Notation(mark, ANY))) for mark in MARKS}
    if not max(counts.values()):
        return Notation(decimal), False
    best = {mark: _grouping(distinct, mark) for mark in MARKS}
    if counts["."] != counts[","]:
        return best[max(counts, key=lambda mark: counts[mark])], False
    if _is_uneven(distinct, best[decimal]) and not _is_uneven(distinct, best[_other(decimal)]):
        return best[_other(decimal)], False
    return best[decimal], best["."].thousands != best[","].thousands


def _grouping(distinct: pa.Array, mark: str) -> Notation:
    """Return the notation with a decimal mark in which most texts can be written, the plainest of equal ones."""
    candidates = [Notation(mark, thousands) for thousands in GROUPINGS]
    counts = [_count(_fits(distinct, notation)) for notation in candidates]
    return candidates[counts.index(max(counts))]


def _is_uneven(distinct: pa.Array, notation: Notation) -> bool:
    """Return whether long numbers are not grouped where others are: then the separator groups nothing."""
    return bool(notation.thousands) and bool(
        pc.any(pc.match_substring_regex(distinct, pattern=r"(?:^|[^\d.,])\d{5,}(?:[.,]\d*)?$")).as_py()
    )


def _open_point(texts: pa.Array) -> str:
    """Return a note on numbers with a point that could as well group thousands."""
    start = texts.drop_null()[:1000]
    if not len(start) or not pc.all(pc.match_substring_regex(start, pattern=_GROUPED_OR_SHORT)).as_py():
        return ""
    if not pc.any(pc.match_substring(texts, ".")).as_py():
        return ""
    if not pc.all(pc.match_substring_regex(texts, pattern=_GROUPED_OR_SHORT)).as_py():
        return ""
    return _other_reading(texts, ".")


def _other_reading(texts: pa.Array, mark: str) -> str:
    found = texts.filter(pc.fill_null(pc.match_substring_regex(texts, pattern=r"\d[.,]\d"), False))
    if not len(found):
        return ""
    shown, other = found[0].as_py(), _other(mark)
    read, unread = ("decimals", "thousands") if mark in shown else ("thousands", "decimals")
    return f"; {shown} could be of {unread} rather than of {read}: the decimal mark {other!r} reads it so"


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
    values_are = "1 value that is" if count == 1 else f"{count} values that are"
    note = f"{values_are} infinite or beyond {REACH:g} {'is' if count == 1 else 'are'} taken as missing"
    return pc.if_else(beyond, pa.scalar(None, pa.float64()), values), (note,)


def _convert(texts: pa.Array, mark: str) -> pa.Array:
    """Strip texts that have the shape of a number to what Arrow reads as one."""
    plain = pc.replace_substring_regex(texts, pattern=_CURRENCY, replacement="")
    plain = pc.replace_substring_regex(plain, pattern=rf"[^0-9eE{mark}+-]", replacement="")
    plain = pc.replace_substring(plain, pattern=mark, replacement=".")
    plain = pc.replace_substring_regex(plain, pattern=r"^[-+]+|[-+]+$", replacement="")
    values = pc.cast(plain, pa.float64())
    return pc.if_else(pc.match_substring_regex(texts, pattern=_NEGATIVE), pc.negate(values), values)


def _reason(distinct: pa.Array, notation: Notation, decimal: str) -> str:
    signs = []
    if (notation.mark == "," or decimal == ",") and pc.any(
        pc.match_substring_regex(distinct, pattern=rf"[{notation.mark}]\d*\D*$")
    ).as_py():
        signs.append("decimal commas" if notation.mark == "," else "decimal points")
    if notation.thousands:
        signs.append("thousands separators")
    if pc.any(pc.match_substring_regex(distinct, pattern=_CURRENCY)).as_py():
        signs.append("currency signs")
    if pc.any(pc.match_substring(distinct, "%")).as_py():
        signs.append("percent signs")
    return "all its values are numbers" + (f", written with {' and '.join(signs)}" if signs else "")
