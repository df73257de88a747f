"""Unpack gzip and zip within bounds: a few bytes cannot become more than the memory for them."""

import io
import zipfile
import zlib
from pathlib import PurePosixPath

from sparklime_core.data.read_options import Decision
from sparklime_core.errors import DataError

MAX_BYTES = 2 * 2**30
"""The largest table, unpacked, in bytes."""

SMALL, MOST_RATIO = 2**28, 250
"""A packed file may always unpack to the first (bytes); beyond that, to so many times its own size."""

BOUNDED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The ways of packing that Python unpacks no further than it is asked to: a kilobyte of bzip2 or LZMA becomes
gigabytes of memory before anybody can say that it is too much."""

DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError)
"""What Python says of a damaged zip archive; `NotImplementedError` where it claims to be of several disks, or of a
later version of the format."""

ENDINGS = (".csv", ".tsv", ".txt", ".parquet")
CHUNK = 2**22
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"


def unpack(data: bytes, member: str | None = None, usual: str | None = None) -> tuple[bytes, Decision | None]:
    """Return a file's bytes unpacked, and what they were unpacked from; see `read_files` for the parameters.

    Raises
    ------
    DataError
        When it is damaged, holds no table or several, or is larger than its size allows.
    """
    if data.startswith(GZIP):
        unpacked, how = _gunzip(data), Decision("packing", "gzip", "the file begins as gzip files do")
    elif data.startswith(ZIP):
        found, unpacked = _unzip(data, member, usual)
        how = Decision("member", found, "it is the table in the zip archive")
    else:
        return data, None
    if unpacked.startswith((GZIP, ZIP)):
        raise DataError("The archive holds another archive; unpack it and give the CSV file itself.")
    return unpacked, how


def _gunzip(data: bytes) -> bytes:
    limit = _limit(len(data))
    parts: list[bytes] = []
    total = 0
    rest = data
    try:
        while rest.startswith(GZIP):  # a gzip file may hold several members, one after another
            packed = zlib.decompressobj(31)
            while not packed.eof:
                part = packed.decompress(rest, CHUNK)
                rest = packed.unused_data if packed.eof else packed.unconsumed_tail
                if not part and not rest and not packed.eof:
                    raise DataError("The gzip file ends too early; it is cut off or damaged.")
                parts.append(part)
                total += len(part)
                _check_unpacked(total, limit)
    except zlib.error as error:
        raise DataError("The gzip file is damaged and cannot be unpacked.") from error
    return b"".join(parts)


def _unzip(data: bytes, member: str | None, usual: str | None) -> tuple[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            name = _choose(archive.namelist(), member, usual)
            if archive.getinfo(name).compress_type not in BOUNDED:
                raise DataError("The zip archive is packed in an unusual way; unpack it and give the CSV file.")
            limit = _limit(len(data))
            with archive.open(name) as packed:
                unpacked = packed.read(limit + 1)
            _check_unpacked(len(unpacked), limit)
            return name, unpacked
    except RuntimeError:
        raise DataError("The zip archive is locked with a password; unpack it and give the CSV file.") from None
    except DAMAGED as error:
        raise DataError("The zip archive is damaged or packed in an unknown way; unpack it yourself.") from error


def _choose(names: list[str], member: str | None, usual: str | None) -> str:
    if "[Content_Types].xml" in names:
        raise DataError("The file is an Excel workbook; save its sheet as CSV and give that file.")
    files = [name for name in names if not name.endswith("/") and not name.startswith("__MACOSX/")]
    tables = [name for name in files if PurePosixPath(name).suffix.lower() in ENDINGS]
    if member is not None:
        if member not in files:
            raise DataError(f"There is no file {member!r} in the archive; it holds {', '.join(files[:8])}.")
        return member
    candidates = [usual] if usual is not None and usual in files else tables or files
    if len(candidates) != 1:
        held = f"{len(candidates)} files ({', '.join(candidates[:8])})" if candidates else "no file"
        raise DataError(f"The archive holds {held}; give one with a single table, or name the member to read.")
    return candidates[0]


def _limit(packed: int) -> int:
    return min(MAX_BYTES, max(SMALL, MOST_RATIO * packed))


def _check_unpacked(size: int, limit: int) -> None:
    if size > limit:
        raise DataError(
            f"The archive unpacks to more than {size_text(limit)}, which is too much; give a smaller table."
        )


def size_text(count: int) -> str:
    """Return a number of bytes as a person would write it."""
    return f"{count / 2**30:g} GiB" if count >= 2**30 else f"{count / 2**20:g} MiB"
