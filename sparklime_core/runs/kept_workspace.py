"""`KeptWorkspace`: a workspace on disk, whose parts are read when they are asked for."""

import io
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from sparklime_core.data.build_dataset import assemble, read_rows
from sparklime_core.data.dataset import Dataset
from sparklime_core.data.read_table import read_table
from sparklime_core.data.table_source import ServerTable, TableSource
from sparklime_core.errors import RunError, SparkLimeError
from sparklime_core.runs.inputs import read_stored_model
from sparklime_core.runs.workspace import KeptNewRows, KeptTable, NewRows, WorkspaceFacts, encoding_digest

if TYPE_CHECKING:
    from sparklime_core.models.train import Model

TEST_ROWS = "test_rows.npy"
"""The positions of the rows that a model has not seen, next to its files."""

_alive: "weakref.WeakValueDictionary[tuple[str, ...], Any]" = weakref.WeakValueDictionary()
"""What some session of this process still has, so that a reload need not read it from the disk."""


@dataclass(frozen=True)
class KeptWorkspace:
    """A workspace on disk. Its parts are read when they are asked for.

    Attributes
    ----------
    folder, facts
        Where it is, and what is kept.
    """

    folder: Path
    facts: WorkspaceFacts

    @property
    def key(self) -> str:
        """The key that opens it, for whose it is."""
        return self.folder.name

    def source(self) -> TableSource:
        """Return the table, read again where no session has it any more.

        Raises
        ------
        SparkLimeError
            When its file is missing, damaged, or was changed on the server.
        """
        kept = self.facts.table
        found = alive(self.folder, kept)
        if found is None:
            content, data = self._content()
            headers = [] if kept.suggested is None else [kept.suggested]
            table = read_table(data, kept.options, name=kept.name, file=kept.file, header_names=headers)
            if table.sha256 != kept.sha256:
                raise RunError(f"The file {kept.file!r} has changed since it was read; read it again.")
            found = remember(self.folder, kept, TableSource(kept.name, table, content, kept.suggested))
        return found  # type: ignore[no-any-return]

    def dataset(self) -> Dataset | None:
        """Return the encoded table; None before the roles were chosen. See `source` for errors."""
        chosen = self.facts.chosen
        if chosen is None or chosen.target is None:
            return None
        found = alive(self.folder, chosen)
        if found is None:
            made = assemble(self.source().table, chosen.target, roles=chosen.roles, task=chosen.task)
            found = remember(self.folder, chosen, made)
        return found  # type: ignore[no-any-return]

    def model(self) -> "Model | None":
        """Return the model; None before it was trained.

        Raises
        ------
        SparkLimeError
            When it is missing or damaged, or the table has other features than those that it has learnt from.
        """
        from sparklime_core.models.evaluation import Metrics  # noqa: PLC0415 - imports scikit-learn
        from sparklime_core.models.train import Model  # noqa: PLC0415 - as above

        kept, dataset = self.facts.model, self.dataset()
        if kept is None or dataset is None:
            return None
        found = alive(self.folder, kept)
        if found is not None:
            return found  # type: ignore[no-any-return]
        if encoding_digest(dataset) != self.facts.encoding:
            raise RunError("This version reads the table's columns as other features; train the model again.")
        folder = self.folder / kept.folder
        try:
            rows = np.load(io.BytesIO((folder / TEST_ROWS).read_bytes()), allow_pickle=False)
            estimator, file = read_stored_model(folder, dataset, dataset.features)
        except (SparkLimeError, OSError, ValueError, EOFError) as error:
            raise RunError(f"The stored model cannot be read; train it again. {error}") from error
        metrics = Metrics.from_dict(kept.metrics)
        model = Model(estimator, kept.settings, metrics, rows, kept.notes, kept.trained_elsewhere, file)
        return remember(self.folder, kept, model)  # type: ignore[no-any-return]

    def new_rows(self) -> NewRows | None:
        """Return the second table; None without one. See `source` for errors."""
        kept, dataset = self.facts.new_rows, self.dataset()
        if kept is None or dataset is None:
            return None
        found = alive(self.folder, kept)
        if found is None:
            content = self._file(kept)
            rows = read_rows(content, dataset.encoding, name=kept.name, options=kept.options)
            found = remember(self.folder, kept, NewRows(content, kept.options, rows))
        return found  # type: ignore[no-any-return]

    def _content(self) -> tuple[bytes | ServerTable, bytes]:
        kept = self.facts.table
        if kept.server_folder is not None:
            on_server = ServerTable(Path(kept.server_folder), kept.file)
            return on_server, on_server.read()
        data = self._file(kept)
        return data, data

    def _file(self, kept: KeptTable | KeptNewRows) -> bytes:
        try:
            return (self.folder / table_file(kept)).read_bytes()
        except OSError as error:
            raise RunError(f"The table {kept.name!r} is no longer stored; upload it again.") from error


def alive(folder: Path, kept: Any) -> Any | None:
    """Return what some session of this process still has of a workspace, or None."""
    return _alive.get(_place(folder, kept))


def remember(folder: Path, kept: Any, made: Any) -> Any:
    """Let sessions of this process share a part of a workspace for as long as one has it; return it."""
    _alive[_place(folder, kept)] = made
    return made


def table_file(kept: KeptTable | KeptNewRows) -> str:
    """Return the name of a table's file in its workspace's folder."""
    return f"table-{kept.sha256}"


def _place(folder: Path, kept: Any) -> tuple[str, ...]:
    return str(folder), type(kept).__name__, msgspec.json.encode(kept).decode()
