"""Texts from strangers, made fit to be shown: nothing in them moves a cursor or turns a line; and they end."""

import re
import zlib

LONGEST = 200
"""Characters of a name or value in a chart, a report's table, or a line of a log."""

_ODD = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # control characters, which no XML may hold and terminals obey
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks that turn a text's direction
    "\u2028\u2029"  # ends of lines and paragraphs
    "\ud800-\udfff"  # halves of characters
    "\ufdd0-\ufdef"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    # characters that are none
    + "]"
)


def printable(text: object, longest: int | None = LONGEST) -> str:
    """Return a text on one line, without odd characters and of bounded length.

    A character that cannot be shown is written as Python writes it, like ``\\x1b``. Of a text that is too long the
    beginning remains, with a digest, so that two long texts stay two.

    Parameters
    ----------
    text
        The text, or anything with one.
    longest
        The most characters; None: all.
    """
    whole = str(text)
    shown = _ODD.sub(_escaped, whole if longest is None else whole[: longest + 1])
    if longest is None or len(shown) <= longest:
        return shown
    return f"{shown[: longest - 9]}…{zlib.crc32(whole.encode(errors='surrogatepass')):08x}"


def printable_lines(text: object, longest: int | None = LONGEST) -> str:
    """Return a text as `printable` does, but for its ends of lines and its tabs, which stay."""
    whole = str(text)
    shown = re.sub(r"[^\t\n]+", lambda part: printable(part[0], None), whole[:longest])
    return shown if longest is None or len(whole) <= longest else f"{shown}…"


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
