"""The last guess of a text's encoding, where its bytes are no UTF-8: by what its letters would be.

charset-normalizer says which encoding of a few makes most sense. It errs on short texts, so its answer is taken
only where it fits what tells alphabets apart: Cyrillic, Greek and Asian letters stand next to no Latin ones, and
some letters of Central Europe stand in the words of no language of the west.
"""

import re

import charset_normalizer

from sparklime_core.data.read_options import Decision

SAMPLE = 2**20
GUESSED_FROM = 2**16
"""So many bytes are looked at, and so many of lines that are not of ASCII alone are judged."""

SCRIPTS = ("cp1251", "koi8_r", "iso8859_5", "cp1253", "cp932", "euc_jp", "gb18030", "big5", "cp949")
CENTRAL = "cp1250"
_CENTRAL_LETTERS = re.compile(
    rb"[A-Za-z\x80-\xff][\x8d\x9d\x9a\x9e\x9f\xb3\xb9\xbf\xbe][A-Za-z\x80-\xff]|\b[\x8a\x8e\xa3\x8f][a-z]"
)
_CENTRAL_LANGUAGES = ("Czech", "Slovak", "Polish", "Slovene", "Croatian", "Hungarian", "Romanian")
_LETTER = r"[^\W\d_a-zA-Z]"
_NEXT_TO_LATIN = re.compile(rf"[a-zA-Z]{_LETTER}|{_LETTER}[a-zA-Z]")


def guess_encoding(data: bytes) -> Decision:
    """Return the encoding in which the letters of a file make most sense; Windows-1252 where none stands out."""
    lines = [line for line in data[:SAMPLE].splitlines(keepends=True) if not line.isascii()]
    found = _stands_out(b"".join(lines)[:GUESSED_FROM].rpartition(b"\n")[0] or b"".join(lines)) if lines else None
    if found is not None and decodes(data, found):
        return Decision("encoding", found, "its letters make most sense so; name another if they look wrong")
    if decodes(data, "cp1252"):
        return Decision("encoding", "cp1252", "it is not UTF-8; name another encoding if letters look wrong")
    return Decision("encoding", "latin-1", "it is not UTF-8, and has bytes that Windows-1252 does not know")


def decodes(data: bytes, encoding: str) -> bool:
    """Return whether bytes are text in an encoding."""
    try:
        data.decode(encoding)
    except (UnicodeError, LookupError):
        return False
    return True


def _stands_out(sample: bytes) -> str | None:
    best = charset_normalizer.from_bytes(sample, cp_isolation=[*SCRIPTS, CENTRAL]).best()
    if best is None:
        return None
    if best.encoding == CENTRAL:
        central = len(_CENTRAL_LETTERS.findall(sample)) >= 2 and best.language in _CENTRAL_LANGUAGES
        return CENTRAL if central else None
    letters = re.findall(_LETTER, str(best))
    apart = len(_NEXT_TO_LATIN.findall(str(best))) < 0.1 * len(letters)
    return best.encoding if len(letters) >= 4 and apart else None
