"""The files of a table, unpacked within bounds: a path, bytes, an open file, or a folder of part files.

Spark and other engines write a table as such a folder: its files are one table, in the order of their names.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path, PurePosixPath
from typing import IO, Any
from urllib.parse import unquote

from sparklime_core.data.read_options import Decision
from sparklime_core.data.unpack import CHUNK, ENDINGS, MAX_BYTES, size_text, unpack
from sparklime_core.errors import DataError

Source = str | PathLike[str] | bytes | IO[bytes]

MOST_FILES = 10_000
MOST_NAME, MOST_ENDING = 120, 12
"""The longest name of a file that is kept, in letters, and of its ending."""

PACKED = (".gz", ".zip")
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
"""How Hive and Spark write a missing value in a folder's name."""


@dataclass(frozen=True)
class SourceFile:
    """One file of a table, unpacked.

    Attributes
    ----------
    file
        Its name with its ending: without its folder, or its path inside the table's folder.
    data
        The bytes.
    sha256
        Of the file's bytes before they were unpacked.
    decisions
        What it was unpacked from, if it was.
    keys
        Values that the names of folders like ``year=2020`` give to all of its rows; None for a missing one.
    """

    file: str
    data: bytes
    sha256: str
    decisions: tuple[Decision, ...] = ()
    keys: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class SourceFiles:
    """The files of a table: many in a folder, or one.

    Attributes
    ----------
    name
        Name of the table: that of the file or folder without its ending.
    file, sha256, decisions
        As `SourceFile` has them, for all the files together.
    files
        In the order of their names.
    """

    name: str
    file: str
    sha256: str
    decisions: tuple[Decision, ...]
    files: tuple[SourceFile, ...]


def read_files(
    source: Source, member: str | None = None, usual: str | None = None, file: str | None = None
) -> SourceFiles:
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
        When there is no such file or folder, it cannot be read or unpacked, or it is larger than `MAX_BYTES`.
    """
    if _is_folder(source):
        return _read_folder(Path(str(source)), member)
    found = _unpacked(file or file_of(source), bytes_of(source), member, usual)
    return SourceFiles(_name_of(found.file), found.file, found.sha256, found.decisions, (found,))


def digest(source: str | PathLike[str]) -> str:
    """Return the SHA-256 of a file, or of a folder's part files, as a run records it."""
    path = Path(source)
    if not path.is_dir():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    files = _part_files(path)
    return _digest([(_place(file, path), hashlib.sha256(file.read_bytes()).hexdigest()) for file in files])


def size_of(source: str | PathLike[str] | bytes) -> int:
    """Return the bytes of a source before it is read and unpacked; 0 where that cannot be seen."""
    if isinstance(source, bytes):
        return len(source)
    try:
        path = Path(source)
        return sum(part.stat().st_size for part in _part_files(path)) if path.is_dir() else path.stat().st_size
    except (OSError, ValueError):
        return 0  # reading it says what is wrong


def _part_files(folder: Path) -> list[Path]:
    """Return the files of a folder, and of those in it, that hold rows; marks like ``_SUCCESS`` do not."""
    found = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(name.startswith(("_", ".")) for name in path.relative_to(folder).parts)
    ]
    return [path for path in found if _ending(path.name) in ENDINGS]


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


def bytes_of(source: Source) -> bytes:
    """Return a source's bytes as they are; raise `DataError` when they cannot be read or are too many."""
    if isinstance(source, (str, PathLike)):
        return _read_file(str(source))
    if isinstance(source, bytes):
        return _bounded(source)
    try:
        return _bounded(read_at_most(source, MAX_BYTES + 1))
    except (OSError, ValueError, AttributeError) as error:
        raise DataError(f"The table cannot be read: {error}.") from error


def read_at_most(file: Any, most: int) -> bytes:
    """Return the first `most` bytes of an open file; Python's own reader reserves memory for that many."""
    parts: list[bytes] = []
    while most > 0 and (part := file.read(min(most, CHUNK))):
        parts.append(part.encode("utf-8", errors="replace") if isinstance(part, str) else part)
        most -= len(part)
    return b"".join(parts)


def _is_folder(source: Source) -> bool:
    try:
        return isinstance(source, (str, PathLike)) and Path(str(source)).is_dir()
    except (OSError, ValueError):
        return False


def _read_folder(folder: Path, member: str | None) -> SourceFiles:
    paths = _part_files(folder)
    if not paths:
        raise DataError(f"The folder {str(folder)!r} holds no CSV or Parquet file; name a folder of part files.")
    if len(paths) > MOST_FILES:
        raise DataError(f"The folder {str(folder)!r} holds {len(paths)} files; give one with fewer.")
    if sum(path.stat().st_size for path in paths) > MAX_BYTES:
        raise _too_large()
    files = []
    for path in paths:
        name = _place(path, folder)
        found = _unpacked(name, bytes_of(path), member)
        files.append(replace(found, keys=_keys(name)))
    if sum(len(found.data) for found in files) > MAX_BYTES:
        raise _too_large()
    _check_depth(folder, files)
    called = folder.resolve().name or "table"
    how = Decision("files", str(len(files)), "the folder holds so many, taken in the order of their names")
    sha256 = _digest([(found.file, found.sha256) for found in files])
    return SourceFiles(_name_of(called), called, sha256, (how,), tuple(files))


def _check_depth(folder: Path, files: Sequence[SourceFile]) -> None:
    first = files[0]
    for file in files:
        if list(file.keys) != list(first.keys):
            raise DataError(
                f"The folder {str(folder)!r} has {first.file!r} and {file.file!r}, which are not "
                "at the same depth of one table; name the folder of one of them."
            )


def _place(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _keys(name: str) -> dict[str, str | None]:
    pairs = [step.split("=", 1) for step in name.split("/")[:-1] if "=" in step]
    return {unquote(key): None if value == NO_VALUE else unquote(value) for key, value in pairs}


def _digest(files: Sequence[tuple[str, str]]) -> str:
    return hashlib.sha256("".join(f"{name}\0{sha256}\n" for name, sha256 in files).encode()).hexdigest()


def _ending(name: str) -> str:
    path = Path(name.lower())
    return Path(path.stem).suffix if path.suffix in PACKED else path.suffix


def _name_of(file: str) -> str:
    name = file
    for ending in (*PACKED, *ENDINGS):
        name = name[: -len(ending)] if name.lower().endswith(ending) else name
    return name or "table"


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


def _bounded(data: bytes) -> bytes:
    if len(data) > MAX_BYTES:
        raise _too_large()
    return data


def _too_large() -> DataError:
    return DataError(
        f"The table is larger than {size_text(MAX_BYTES)}; give a part of it, "
        "or let Spark read it (explain-table)."
    )


def _unpacked(file: str, data: bytes, member: str | None, usual: str | None = None) -> SourceFile:
    unpacked, how = unpack(data, member, usual)
    return SourceFile(file, unpacked, hashlib.sha256(data).hexdigest(), () if how is None else (how,))
