"""The bytes behind a source: a path, bytes or an open file, unpacked from gzip or zip within bounds."""

import hashlib
import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from os import PathLike
from pathlib import Path, PurePosixPath
from typing import IO, Any

from sparklime_core.data.read_options import Decision
from sparklime_core.errors import DataError

Source = str | PathLike[str] | bytes | IO[bytes]

MAX_BYTES = 2 * 2**30
"""The largest table, unpacked, in bytes."""

SMALL, MOST_RATIO = 2**28, 250
"""A packed file may always unpack to the first (bytes); beyond that, to so many times its own size."""

BOUNDED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The ways of packing that Python unpacks no further than it is asked to: a kilobyte of bzip2 or LZMA becomes
gigabytes of memory before anybody can say that it is too much."""

DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError)
"""What Python says of a damaged zip archive; `NotImplementedError` where it claims to be of several disks, or of a
version of the format that is yet to come."""

MOST_NAME, MOST_ENDING = 120, 12
"""The longest name of a file that is kept, in letters, and of its ending."""

CHUNK = 2**22
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"


@dataclass(frozen=True)
class Content:
    """A file's bytes, unpacked.

    Attributes
    ----------
    name
        What the table is called: the file's name without its ending.
    data
        The bytes.
    file
        The file's name with its ending, without its folder.
    sha256
        Of the file's bytes before they were unpacked.
    decisions
        What it was unpacked from, if it was.
    """

    name: str
    data: bytes
    file: str
    sha256: str
    decisions: tuple[Decision, ...] = ()


def read_content(
    source: Source, member: str | None = None, usual: str | None = None, file: str | None = None
) -> Content:
    """Read a source whole, and unpack it.

    Parameters
    ----------
    source, member
        The source, and which file of an archive.
    usual
        The file of another archive, taken from one of several files where it is there.
    file
        The source's name where it does not say it.

    Raises
    ------
    DataError
        When there is no such file, it cannot be read or unpacked, or it is larger than `MAX_BYTES`.
    """
    file, data = file or file_of(source), bytes_of(source)
    name, digest = _name_of(file), hashlib.sha256(data).hexdigest()
    if data.startswith(GZIP):
        unpacked, how = _gunzip(data), Decision("packing", "gzip", "the file begins as gzip files do")
    elif data.startswith(ZIP):
        found, unpacked = _unzip(data, member, usual)
        how = Decision("member", found, "it is the table in the zip archive")
    else:
        return Content(name, data, file, digest)
    if unpacked.startswith((GZIP, ZIP)):
        raise DataError("The archive holds another archive; unpack it and give the CSV file itself.")
    return Content(name, unpacked, file, digest, (how,))


def file_of(source: Source) -> str:
    """Return the name of a source's file, without its folder and no longer than `MOST_NAME`."""
    path = source if isinstance(source, (str, PathLike)) else getattr(source, "name", "table")
    return base_name(str(path))


def base_name(text: str) -> str:
    """Return the name in a path that somebody has sent: no folder, no control characters, not too long."""
    name = "".join(letter for letter in re.split(r"[/\\]", text)[-1] if letter.isprintable()).strip()
    if name in ("", ".", ".."):
        return "table"
    if len(name) <= MOST_NAME:
        return name
    ending = PurePosixPath(name).suffix[:MOST_ENDING]
    return name[: MOST_NAME - len(ending)] + ending


def _name_of(file: str) -> str:
    name = file
    for ending in (".gz", ".zip", ".csv", ".tsv", ".txt", ".parquet"):
        name = name[: -len(ending)] if name.lower().endswith(ending) else name
    return name or "table"


def bytes_of(source: Source) -> bytes:
    """Return a source's bytes as they are; raise `DataError` when they cannot be read or are too many."""
    if isinstance(source, (str, PathLike)):
        return _read_file(str(source))
    if isinstance(source, bytes):
        data = source
    else:
        try:
            data = read_at_most(source, MAX_BYTES + 1)
        except (OSError, ValueError, AttributeError) as error:
            raise DataError(f"The table cannot be read: {error}.") from error
    return _bounded(data)


def _read_file(path: str) -> bytes:
    try:
        file = Path(path)
        if file.is_dir():
            raise DataError(f"{path!r} is a folder; give a CSV file.")
        if file.exists() and not file.is_file():
            raise DataError(f"{path!r} is no ordinary file; give a CSV file.")
        with file.open("rb") as opened:
            return _bounded(read_at_most(opened, MAX_BYTES + 1))
    except FileNotFoundError:
        hint = " here; what only Spark reads is explained with explain-table" if "://" in path else ""
        raise DataError(f"There is no file {path!r}{hint}.") from None
    except OSError as error:
        raise DataError(f"The file {path!r} cannot be read: {error.strerror}.") from error
    except ValueError:
        raise DataError(f"{path!r} is no name of a file.") from None


def read_at_most(file: Any, most: int) -> bytes:
    """Return the first `most` bytes of an open file; Python's own reader reserves memory for that many."""
    parts: list[bytes] = []
    while most > 0 and (part := file.read(min(most, CHUNK))):
        parts.append(part.encode("utf-8", errors="replace") if isinstance(part, str) else part)
        most -= len(part)
    return b"".join(parts)


def _bounded(data: bytes) -> bytes:
    if len(data) > MAX_BYTES:
        raise too_large()
    return data


def too_large() -> DataError:
    """Return the error for a table beyond `MAX_BYTES`."""
    return DataError(
        f"The table is larger than {_size(MAX_BYTES)}; give a part of it, or let Spark read it (explain-table)."
    )


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
    tables = [name for name in files if PurePosixPath(name).suffix.lower() in (".csv", ".tsv", ".txt", ".parquet")]
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
            f"The archive unpacks to more than {_size(limit)}, which is too much; give a smaller table."
        )


def _size(count: int) -> str:
    return f"{count / 2**30:g} GiB" if count >= 2**30 else f"{count / 2**20:g} MiB"
