"""A folder of part files, as Spark and other engines write tables: one table, in the order of the files' names."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from urllib.parse import unquote

from sparklime_core.data.read_options import Decision
from sparklime_core.data.source_bytes import MAX_BYTES, Content, Source, read_content, too_large
from sparklime_core.errors import DataError

ENDINGS = (".parquet", ".csv", ".tsv", ".txt")
PACKED = (".gz", ".zip")
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
"""How Hive and Spark write a missing value in a folder's name."""

MOST_FILES = 10_000


@dataclass(frozen=True)
class PartFile:
    """One file of a table.

    Attributes
    ----------
    content
        Its bytes; called by its path inside the folder.
    keys
        Values that the names of folders like ``year=2020`` give to all of its rows, None for a missing one.
    """

    content: Content
    keys: dict[str, str | None]


@dataclass(frozen=True)
class Parts:
    """The files of a table: many in a folder, or one.

    Attributes
    ----------
    name, file, sha256, decisions
        As `Content` has them, for all the files together.
    parts
        The files, in the order of their names.
    """

    name: str
    file: str
    sha256: str
    decisions: tuple[Decision, ...]
    parts: tuple[PartFile, ...]


def read_parts(
    source: Source, member: str | None = None, usual: str | None = None, file: str | None = None
) -> Parts:
    """Read a source, whether it is one file or a folder; see `read_content` for the other parameters.

    Raises
    ------
    DataError
        When there is no such file or folder, a file cannot be read, or they are too large together.
    """
    if _is_folder(source):
        return _read_folder(Path(str(source)), member)
    content = read_content(source, member, usual, file)
    return Parts(content.name, content.file, content.sha256, content.decisions, (PartFile(content, {}),))


def digest(source: str | PathLike[str]) -> str:
    """Return the SHA-256 of a file, or of a folder's part files, as a run writes it down."""
    path = Path(source)
    if not path.is_dir():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    found = {file.relative_to(path).as_posix(): file.read_bytes() for file in part_files(path)}
    return _digest([(name, hashlib.sha256(data).hexdigest()) for name, data in found.items()])


def part_files(folder: Path) -> list[Path]:
    """Return the files of a folder, and of those in it, that hold rows; marks like ``_SUCCESS`` do not."""
    found = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(name.startswith(("_", ".")) for name in path.relative_to(folder).parts)
    ]
    return [path for path in found if _ending(path.name) in ENDINGS]


def _is_folder(source: Source) -> bool:
    try:
        return isinstance(source, (str, PathLike)) and Path(str(source)).is_dir()
    except (OSError, ValueError):
        return False


def _read_folder(folder: Path, member: str | None) -> Parts:
    files = part_files(folder)
    if not files:
        raise DataError(f"The folder {str(folder)!r} holds no CSV or Parquet file; name a folder of part files.")
    if len(files) > MOST_FILES:
        raise DataError(f"The folder {str(folder)!r} holds {len(files)} files; give one with fewer.")
    if sum(file.stat().st_size for file in files) > MAX_BYTES:
        raise too_large()
    parts = []
    for file in files:
        content, name = read_content(file, member), file.relative_to(folder).as_posix()
        parts.append(PartFile(Content(name, content.data, name, content.sha256, content.decisions), _keys(name)))
    if sum(len(part.content.data) for part in parts) > MAX_BYTES:
        raise too_large()
    _check_alike(folder, parts)
    called = folder.resolve().name or "table"
    how = Decision("files", str(len(parts)), "the folder holds so many, taken in the order of their names")
    sha256 = _digest([(part.content.file, part.content.sha256) for part in parts])
    return Parts(_without_ending(called), called, sha256, (how,), tuple(parts))


def _check_alike(folder: Path, parts: Sequence[PartFile]) -> None:
    first = parts[0]
    for part in parts:
        if list(part.keys) != list(first.keys):
            raise DataError(
                f"The folder {str(folder)!r} has {first.content.file!r} and {part.content.file!r}, which are not "
                "at the same depth of one table; name the folder of one of them."
            )


def _keys(name: str) -> dict[str, str | None]:
    pairs = [step.split("=", 1) for step in name.split("/")[:-1] if "=" in step]
    return {unquote(key): None if value == NO_VALUE else unquote(value) for key, value in pairs}


def _digest(files: Sequence[tuple[str, str]]) -> str:
    return hashlib.sha256("".join(f"{name}\0{sha256}\n" for name, sha256 in files).encode()).hexdigest()


def _ending(name: str) -> str:
    path = Path(name.lower())
    return Path(path.stem).suffix if path.suffix in PACKED else path.suffix


def _without_ending(name: str) -> str:
    return name[: -len(Path(name).suffix)] if Path(name).suffix.lower() in ENDINGS else name
