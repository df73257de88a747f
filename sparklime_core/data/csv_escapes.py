r"""Quotation marks that are escaped, as Spark and MySQL write them, to doubled ones, which the parsers read.

Spark's CSV writer puts a backslash before a quotation mark in a text, doubles the backslashes before such a mark,
and leaves all others alone. MySQL doubles every backslash. Files in which quotation marks are doubled may hold
``\"`` too, where a text ends in a backslash; which of the two it is, the lines that hold it tell.
"""

import re

from sparklime_core.data.read_options import Decision

MOST_LINES = 2000
"""How many of the lines that hold an escaped quotation mark are looked at."""

_CHOSEN = "you chose it"


def without_escapes(
    text: bytes, quote: str, escape: str | None, *, chosen: bool
) -> tuple[bytes, str | None, list[Decision]]:
    """Return a text in UTF-8 with doubled quotation marks instead of escaped ones.

    Parameters
    ----------
    text
        The whole file.
    quote
        The quotation mark, or ``""``.
    escape
        The character before a mark in a text, ``""`` where marks are doubled; None: find out.
    chosen
        Whether a person chose it.

    Returns
    -------
    text
        The same where nothing is escaped.
    escape
        The character; None where the text does not tell.
    decisions
        What was decided, if there was anything to decide.
    """
    if not quote or escape == "":
        return text, escape, [Decision("escape", "none", _CHOSEN)] if chosen and escape == "" else []
    mark = (escape or "\\").encode() + quote.encode()
    if mark not in text:
        return text, escape, []
    if escape is None:
        lines = b"\n".join(_lines_with(text, mark))
        if _strays(_doubled(lines, "\\", quote), quote) >= _strays(lines, quote):
            said = Decision("escape", "none", "quotation marks after a backslash end a text")
            return text, "", [said]
        reason = f"a backslash before a quotation mark ({_shown(lines, mark)}) makes it part of the text"
    else:
        reason = _CHOSEN if chosen else "as in the model's table"
    found = escape or "\\"
    return _doubled(text, found, quote), found, [Decision("escape", found, reason)]


def _lines_with(text: bytes, mark: bytes) -> list[bytes]:
    found: list[bytes] = []
    at = text.find(mark)
    while at >= 0 and len(found) < MOST_LINES:
        begin, end = text.rfind(b"\n", 0, at) + 1, text.find(b"\n", at)
        end = len(text) if end < 0 else end
        found.append(text[begin:end])
        at = text.find(mark, end)
    return found


def _doubled(text: bytes, escape: str, quote: str) -> bytes:
    """Return a text with doubled quotation marks; a pair of escapes before a mark is one of them."""
    run = re.compile(rb"((?:" + re.escape(escape.encode()) + rb")+)" + quote.encode())
    one, mark = escape.encode(), quote.encode()

    def rewritten(found: re.Match[bytes]) -> bytes:
        count = len(found[1])
        return one * (count // 2) + mark * (1 + count % 2)

    if escape == "\\" and _doubles_all(text, mark):
        return re.sub(rb"\\(.)", lambda found: _meant(found[1], mark), text, flags=re.DOTALL)
    return run.sub(rewritten, text)


def _doubles_all(text: bytes, mark: bytes) -> bool:
    r"""Return whether every backslash is part of an escape, as in MySQL's files, and one escapes another."""
    others = re.sub(rb"\\(?:[\\0Nntr\r\n]|" + mark + rb")", b"", text)
    free = re.sub(rb"\\+" + mark, b"", text)
    return b"\\" not in others and b"\\\\" in free


def _meant(letter: bytes, mark: bytes) -> bytes:
    return {mark: mark * 2, b"n": b"\n", b"t": b"\t", b"r": b"\r", b"0": b"", b"N": b"\\N"}.get(letter, letter)


def _strays(text: bytes, quote: str) -> int:
    """Return how many quotation marks neither begin nor end a text, and are not doubled."""
    mark = re.escape(quote).encode()
    whole = rb"(?:^|(?<=[,;|\t:]))[ ]*" + mark + rb"(?:[^" + mark + rb"]|" + mark * 2 + rb")*+" + mark
    return re.sub(whole + rb"(?=[ ]*(?:[,;|\t:\r\n]|$))", b"", text, flags=re.MULTILINE).count(quote.encode())


def _shown(lines: bytes, mark: bytes) -> str:
    at = lines.find(mark)
    return repr(lines[max(0, at - 10) : at + 12].decode("utf-8", errors="ignore").splitlines()[0])
