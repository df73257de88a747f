"""`Workspace`: what a person works with before a run. Its facts are one file, next to its table and model."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from sparklime_core.atomic_files import write_file
from sparklime_core.data.dataset import Dataset, Origin
from sparklime_core.data.read_options import ReadOptions
from sparklime_core.data.table_source import TableSource
from sparklime_core.errors import RunError
from sparklime_core.models.settings import ModelSettings
from sparklime_core.runs.access import Access

if TYPE_CHECKING:
    from sparklime_core.models.train import Model

FACTS_FILE = "workspace.json"


@dataclass(frozen=True)
class NewRows:
    """A second table, whose rows the model is to explain.

    Attributes
    ----------
    content
        Its file.
    options
        How it was asked to be read.
    dataset
        Its rows, encoded as the model's table.
    """

    content: bytes
    options: ReadOptions
    dataset: Dataset


@dataclass(frozen=True)
class Workspace:
    """What a person works with before a run.

    Attributes
    ----------
    source
        The table as it was read.
    dataset
        The same, encoded as the person has chosen; None before that.
    model
        The model of that dataset; None before it is trained.
    new_rows
        Rows of another table, for the model to explain; None: those of `dataset`.
    """

    source: TableSource
    dataset: Dataset | None = None
    model: "Model | None" = None
    new_rows: NewRows | None = None


@dataclass(frozen=True)
class KeptTable:
    """A table that is kept, and how to read it again.

    Attributes
    ----------
    name, file, sha256
        What it is called, its file's name, and the digest of its bytes.
    rows
        How many it has.
    options
        How it is to be read.
    suggested
        The target that a bundled sample suggests.
    server_folder
        The data folder that the file is in, where it is one of the server: then its bytes are not kept.
    """

    name: str
    file: str
    sha256: str
    rows: int
    options: ReadOptions
    suggested: str | None = None
    server_folder: str | None = None

    @classmethod
    def of(cls, source: TableSource) -> "KeptTable":
        """Return what there is to know of a table."""
        table, content = source.table, source.content
        folder = None if isinstance(content, bytes) else str(content.folder)
        file = table.file if isinstance(content, bytes) else content.name
        return cls(source.name, file, table.sha256, table.rows, table.options, source.target, folder)


@dataclass(frozen=True)
class KeptNewRows:
    """A second table that is kept.

    Attributes
    ----------
    name, sha256
        What it is called, and the digest of its bytes.
    rows
        How many it has.
    options
        How it is to be read.
    """

    name: str
    sha256: str
    rows: int
    options: ReadOptions

    @classmethod
    def of(cls, new: NewRows) -> "KeptNewRows":
        """Return what there is to know of a second table."""
        digest = hashlib.sha256(new.content).hexdigest()
        return cls(new.dataset.name, digest, new.dataset.rows, new.options)


@dataclass(frozen=True)
class KeptModel:
    """A trained model that is kept.

    Attributes
    ----------
    folder
        The folder of its files, within the workspace's.
    settings, metrics, notes, trained_elsewhere
        See `Model`.
    """

    folder: Annotated[str, msgspec.Meta(pattern=r"^model-[0-9a-f]+$")]
    settings: ModelSettings
    metrics: dict[str, Any]
    notes: tuple[str, ...]
    trained_elsewhere: bool

    @classmethod
    def of(cls, model: "Model", folder: str) -> "KeptModel":
        """Return what there is to know of a model."""
        return cls(folder, model.settings, model.metrics.as_dict(), model.notes, model.trained_elsewhere)


@dataclass(frozen=True)
class WorkspaceFacts:
    """What is kept of a workspace, in ``workspace.json``.

    Attributes
    ----------
    access
        Whose it is. Without sign-in, a workspace of nobody belongs to everybody with its key.
    table
        The table.
    chosen
        What is predicted from which columns; None before that is chosen.
    encoding
        Digest of how the columns became features; ``""`` without `chosen`.
    model
        The model; None before it is trained.
    new_rows
        The second table; None without one.
    """

    access: Access
    table: KeptTable
    chosen: Origin | None = None
    encoding: str = ""
    model: KeptModel | None = None
    new_rows: KeptNewRows | None = None

    def write(self, folder: Path) -> None:
        """Write them whole or not at all."""
        write_file(folder / FACTS_FILE, json.dumps(msgspec.to_builtins(self), indent=2, ensure_ascii=False))

    @classmethod
    def read(cls, folder: Path) -> "WorkspaceFacts":
        """Read them back; raise `RunError` when there are none, or they are damaged."""
        try:
            values = msgspec.json.decode((folder / FACTS_FILE).read_bytes())
            if "person" in values:  # as it was before people could sign in
                values["access"] = {"person": values["person"]}
            return msgspec.convert(values, cls)
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise RunError(f"The workspace in {str(folder)!r} is not there, or is damaged.") from error


def encoding_digest(dataset: Dataset) -> str:
    """Return the SHA-256 of how a dataset's columns became features."""
    return hashlib.sha256(json.dumps(dataset.encoding.as_dict(), sort_keys=True).encode()).hexdigest()
