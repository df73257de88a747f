"""`TableSource`: a table as a person brought it, which can be read again in another way.

It is an upload, a bundled sample, or a file in a data folder: a folder of this machine from which people on the
page may read tables, since the operator names it.
"""

import contextlib
import io
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path, PurePath, PurePosixPath

import pandas as pd

from sparklime_core.data.build_dataset import assemble
from sparklime_core.data.dataset import Dataset
from sparklime_core.data.read_options import ReadOptions
from sparklime_core.data.read_table import Reading, read_table
from sparklime_core.data.source_files import base_name, bytes_of
from sparklime_core.errors import DataError, raised_as

VARIABLE = "SPARKLIME_DATA_FOLDERS"
ENDINGS = (".csv", ".tsv", ".txt", ".tab", ".dat", ".parquet", ".pq", ".gz", ".zip")
MOST_LISTED = 2000
DEEPEST = 6


@dataclass(frozen=True)
class Sample:
    """A bundled table.

    Attributes
    ----------
    name, title, description
        Its key, its name for people, and what it holds.
    target
        The column to predict.
    """

    name: str
    title: str
    description: str
    target: str


SAMPLES: dict[str, Sample] = {
    sample.name: sample
    for sample in (
        Sample(
            "breast_cancer",
            "Breast cancer (Wisconsin)",
            "569 tumours by 30 measurements of their cell nuclei; malignant or benign.",
            "diagnosis",
        ),
        Sample("wine", "Wine", "178 Italian wines by 13 chemical measures; which of three cultivars.", "cultivar"),
        Sample(
            "diabetes",
            "Diabetes",
            "442 patients by 10 measures; how far the disease has gone a year later (a number).",
            "progression",
        ),
        Sample(
            "penguins",
            "Palmer penguins",
            "344 penguins by size, island and sex, some of it missing; which of three species (CC0).",
            "species",
        ),
    )
}


@raised_as(DataError, "The sample cannot be read")
def load_sample(name: str) -> Dataset:
    """Read a bundled sample.

    Raises
    ------
    DataError
        When there is none of that name.
    """
    return assemble(read_sample(name), get_sample(name).target)


def read_sample(name: str) -> Reading:
    """Read a bundled sample as a table whose columns have no roles yet; see `load_sample` for errors."""
    sample = get_sample(name)
    return read_table(sample_csv(name), name=name, file=f"{name}.csv", header_names=[sample.target])


def get_sample(name: str) -> Sample:
    """Return a bundled sample's description; raise `DataError` when there is none of that name."""
    if name not in SAMPLES:
        raise DataError(f"There is no sample {name!r}; choose one of {', '.join(SAMPLES)}.")
    return SAMPLES[name]


def sample_csv(name: str) -> bytes:
    """Return a bundled sample as the bytes of a CSV file."""
    sample = get_sample(name)
    if name == "penguins":
        return resources.files("sparklime_core.data").joinpath("bundled/penguins.csv").read_bytes()
    import sklearn.datasets  # noqa: PLC0415 - it takes a second to load, and naming the samples does not need it

    bunch = {
        "breast_cancer": sklearn.datasets.load_breast_cancer,
        "wine": sklearn.datasets.load_wine,
        "diabetes": sklearn.datasets.load_diabetes,
    }[name]()
    frame = pd.DataFrame(bunch.data, columns=bunch.feature_names)
    frame[sample.target] = bunch.target_names[bunch.target] if name == "breast_cancer" else bunch.target
    buffer = io.StringIO()
    frame.to_csv(buffer, index=False)
    return buffer.getvalue().encode()


@dataclass(frozen=True)
class ServerTable:
    """A file in a data folder, which is checked whenever it is read."""

    folder: Path
    name: str

    def read(self) -> bytes:
        """Return its bytes; see `read_server_table` for errors."""
        return read_server_table(self.folder, self.name)


def data_folders() -> tuple[Path, ...]:
    """Return the folders that the operator has named in ``SPARKLIME_DATA_FOLDERS``, separated as in ``PATH``."""
    named = [text.strip() for text in os.environ.get(VARIABLE, "").split(os.pathsep)]
    folders = [Path(text).expanduser() for text in named if text]
    return tuple(folder.resolve() for folder in folders if folder.is_dir())


def list_tables(folder: Path) -> list[str]:
    """Return the files of a data folder that may be tables, by their paths in it, in the order of these.

    No link is followed, nothing hidden is listed, and no more than `MOST_LISTED` files.
    """
    found: list[str] = []
    for path in _walk(folder, DEEPEST):
        if path.name.lower().endswith(ENDINGS):
            found.append(path.relative_to(folder).as_posix())
            if len(found) == MOST_LISTED:
                break
    return found


def read_server_table(folder: Path, name: str) -> bytes:
    """Return the bytes of a file in a data folder.

    Each step of its path is opened in the one before it, and none may be a link. So what is read is what was
    checked, also if somebody changes the folder meanwhile.

    Raises
    ------
    DataError
        When the operator has not named the folder, there is no such file in it, or it cannot be read.
    """
    if folder not in data_folders():
        raise DataError(f"The folder {str(folder)!r} is not one of those that {VARIABLE} names.")
    *folders, last = PurePosixPath(name).parts or ("",)
    if PurePosixPath(name).is_absolute() or ".." in (*folders, last):
        raise _no_file(folder, name)
    with contextlib.ExitStack() as opened:
        try:
            at = _open(opened, folder, os.O_DIRECTORY)
            for step in folders:
                at = _open(opened, step, os.O_DIRECTORY, at)
            file = _open(opened, last, os.O_NONBLOCK, at)  # a pipe does not keep us waiting
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise _no_file(folder, name)
            with open(file, "rb", closefd=False) as table:
                return bytes_of(table)
        except (OSError, ValueError):
            raise _no_file(folder, name) from None


def _open(opened: contextlib.ExitStack, path: Path | str, flags: int, at: int | None = None) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | flags, dir_fd=at)
    opened.callback(os.close, descriptor)
    return descriptor


def _no_file(folder: Path, name: str) -> DataError:
    return DataError(f"There is no file {name[:200]!r} in the folder {str(folder)!r}.")


def _walk(folder: Path, deepest: int) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_file():
            yield Path(entry.path)
        elif deepest and entry.is_dir():
            yield from _walk(Path(entry.path), deepest - 1)


@dataclass(frozen=True)
class TableSource:
    """A table as it was read, before its columns got their roles.

    Attributes
    ----------
    name
        What the table is called.
    table
        Its columns, understood.
    content
        The file, or which one on the server it is, to read it again in another way.
    target
        What a bundled sample suggests.
    """

    name: str
    table: Reading
    content: bytes | ServerTable
    target: str | None = None

    @classmethod
    def of_upload(cls, filename: str, content: bytes, options: ReadOptions | None = None) -> "TableSource":
        """Read an uploaded file; raise `DataError` when it is no table."""
        name = PurePath(base_name(filename)).stem
        return cls(name, read_table(content, options, name=name, file=filename), content)

    @classmethod
    def of_sample(cls, name: str) -> "TableSource":
        """Read a bundled sample; raise `DataError` when there is none of that name."""
        return cls(name, read_sample(name), sample_csv(name), get_sample(name).target)

    @classmethod
    def of_server_file(cls, content: ServerTable) -> "TableSource":
        """Read a file of a data folder; raise `DataError` when it is none, or no table."""
        table = read_table(content.read(), file=content.name)
        return cls(table.name, table, content)

    def read_again(self, options: ReadOptions) -> "TableSource":
        """Read the table again as a person wants it; raise `DataError` when that makes no table."""
        content = self.content if isinstance(self.content, bytes) else self.content.read()
        return replace(self, table=read_table(content, options, name=self.name, file=self.table.file))
