"""Bytes to UTF-8: detect the encoding of a file's text.

If the bytes are not UTF-8, the last guess goes by the letters. charset-normalizer names the most likely of a few
encodings. It errs on short texts, so its answer must also fit the alphabet: Cyrillic, Greek and Asian letters are
not next to Latin ones, and some letters of Central Europe are in no western language.
"""

import codecs
import re

import charset_normalizer

from sparklime_core.data.read_options import Decision
from sparklime_core.errors import DataError

CHUNK = 2**24
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FOREIGN = (
    (b"\xd0\xcf\x11\xe0", "an old Excel or Office file; save its sheet as CSV"),
    (b"%PDF", "a PDF document; give the table itself as CSV"),
    (b"ARROW1", "an Arrow or Feather file; save it as Parquet or CSV"),
    (b"SQLite format 3", "an SQLite database; export the table as CSV"),
    (b"\x89HDF", "an HDF5 file; save the table as CSV"),
    (b"BZh", "packed with bzip2; pack it with gzip or zip, or not at all"),
    (b"\xfd7zXZ", "packed with xz; pack it with gzip or zip, or not at all"),
    (b"7z\xbc\xaf", "a 7z archive; pack it with gzip or zip, or not at all"),
    (b"(\xb5/\xfd", "packed with zstd; pack it with gzip or zip, or not at all"),
)
_LANGUAGES = (
    (("<!doctype", "<html", "<?xml"), "a web page or XML, not a table; download the CSV file itself"),
    (('{"', "{\n", "[{", "[[", "[\n"), "JSON, not a table; save it as CSV"),
)
SAMPLE = 2**20
GUESSED_FROM = 2**16
"""Bytes that are read for the guess, and bytes of lines with other than ASCII letters that it goes by."""

SCRIPTS = ("cp1251", "koi8_r", "iso8859_5", "cp1253", "cp932", "euc_jp", "gb18030", "big5", "cp949")
CENTRAL = "cp1250"
_CENTRAL_LETTERS = re.compile(
    rb"[A-Za-z\x80-\xff][\x8d\x9d\x9a\x9e\x9f\xb3\xb9\xbf\xbe][A-Za-z\x80-\xff]|\b[\x8a\x8e\xa3\x8f][a-z]"
)
_CENTRAL_LANGUAGES = ("Czech", "Slovak", "Polish", "Slovene", "Croatian", "Hungarian", "Romanian")
_LETTER = r"[^\W\d_a-zA-Z]"
_NEXT_TO_LATIN = re.compile(rf"[a-zA-Z]{_LETTER}|{_LETTER}[a-zA-Z]")


def to_utf8(data: bytes, encoding: str | None, usual: str | None = None) -> tuple[bytes, Decision]:
    """Return a file's text in UTF-8 without a byte order mark, and how it was written.

    Parameters
    ----------
    data
        The file.
    encoding
        What the person has chosen, if anything.
    usual
        The encoding of another file, which this one should be like: taken where the bytes do not tell.

    Raises
    ------
    DataError
        When it is no text, or not in the encoding that was named.
    """
    for magic, what in _FOREIGN:
        if data.startswith(magic):
            raise DataError(f"The file is {what}.")
    decision = _detect(data, usual) if encoding is None else Decision("encoding", encoding, "you chose it")
    text = _recode(data, decision.value)
    text = text.rstrip(b"\x1a")  # where DOS ended its files
    _check_text(text)
    return text, decision


def _detect(data: bytes, usual: str | None = None) -> Decision:
    for mark, name in _BOMS:
        if data.startswith(mark):
            return Decision("encoding", name, "the file begins with its byte order mark")
    start = data[:4096]
    for name, zeros in (("utf-16-le", start[1::2]), ("utf-16-be", start[0::2])):
        if len(zeros) > 1 and zeros.count(0) > 0.4 * len(zeros) and start.count(0) < 0.6 * len(start):
            return Decision("encoding", name, "every second byte is zero")
    if _is_utf8(data):
        return Decision("encoding", "utf-8", "its bytes are valid UTF-8")
    if usual is not None and decodes(data, usual):
        return Decision("encoding", usual, "as in the model's table")
    return guess_encoding(data)


def _is_utf8(data: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), CHUNK):
            decoder.decode(data[start : start + CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _recode(data: bytes, encoding: str) -> bytes:
    if codecs.lookup(encoding).name == "utf-8" and _is_utf8(data):
        return data.removeprefix(codecs.BOM_UTF8)
    decoder = codecs.getincrementaldecoder(encoding)()
    parts = []
    try:
        for start in range(0, len(data), CHUNK):
            text = decoder.decode(data[start : start + CHUNK])
            parts.append(text.encode("utf-8"))
        parts.append(decoder.decode(b"", final=True).encode("utf-8"))
    except UnicodeError:
        raise DataError(
            f"The file is not text in the encoding {encoding}; save it in UTF-8, or name its encoding."
        ) from None
    return b"".join(parts).removeprefix(codecs.BOM_UTF8)


def _check_text(text: bytes) -> None:
    start = text[:65536]
    if not start.strip():
        if not text.strip():
            raise DataError("The file is empty; give a CSV file with a header line and at least one row.")
        return
    controls = sum(start.count(byte) for byte in range(32) if byte not in (9, 10, 11, 12, 13))
    if b"\0" in start or controls > 0.02 * len(start):
        raise DataError("The file is not text but binary data; give a CSV file.")
    head = start.lstrip()[:200].decode("utf-8", errors="replace").lower()
    for beginnings, what in _LANGUAGES:
        if head.startswith(beginnings):
            raise DataError(f"The file is {what}.")


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
