"""Bytes to UTF-8: find out how a file's letters were written."""

import codecs

from sparklime_core.data.guess_encoding import decodes, guess_encoding
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
