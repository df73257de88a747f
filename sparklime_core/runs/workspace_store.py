"""The store of workspaces: what a reload, a new tab or a restarted server finds again."""

import contextlib
import io
import os
import re
import secrets
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sparklime_core.atomic_files import (
    clear_unfinished,
    disk_errors_explained,
    remove_file,
    remove_folder,
    write_file,
)
from sparklime_core.data.table_source import TableSource
from sparklime_core.errors import RunError
from sparklime_core.limited.limits import GIB, positive_number
from sparklime_core.paths import private_folder
from sparklime_core.runs.access import ANYBODY, Access, Person
from sparklime_core.runs.inputs import write_model
from sparklime_core.runs.kept_workspace import TEST_ROWS, KeptWorkspace, alive, remember, table_file
from sparklime_core.runs.workspace import (
    FACTS_FILE,
    KeptModel,
    KeptNewRows,
    KeptTable,
    NewRows,
    Workspace,
    WorkspaceFacts,
    encoding_digest,
)

if TYPE_CHECKING:
    from sparklime_core.models.train import Model

DAYS, SIZE = "SPARKLIME_WORKSPACE_DAYS", "SPARKLIME_WORKSPACE_SIZE"
USUAL_DAYS, USUAL_SIZE = 30.0, 10.0
"""After how many days without use a workspace goes, and how many GiB all of them take, unless the operator says
otherwise."""

NOT_YOURS = "There is no such table here: it was deleted, or it is another person's."

_KEY = re.compile(r"[0-9a-f]{32}")
_DAY_SECONDS = 86_400.0
_RENEWED_SECONDS = 3_600.0

_lock = threading.Lock()


@dataclass(frozen=True)
class WorkspaceStore:
    """Workspaces in a folder, one folder each, as one person may see and change them.

    Attributes
    ----------
    root
        The folder.
    person
        Whose view it is. A key alone opens none that is another person's, unless it is shared with this person.
    """

    root: Path
    person: Person = ANYBODY

    def of(self, person: Person) -> "WorkspaceStore":
        """Return a person's view of the store."""
        return replace(self, person=person)

    def new_key(self) -> str:
        """Return a key that nobody can guess."""
        return secrets.token_hex(16)

    def open(self, key: str) -> KeptWorkspace:
        """Return a workspace, which then counts as used today.

        Raises
        ------
        RunError
            When there is none of this key, it has gone, or it is another person's; which of these is not said.
        """
        folder = self.root / key
        if not _KEY.fullmatch(key) or _age(folder) > _most_seconds():
            raise RunError(NOT_YOURS)
        try:
            facts = WorkspaceFacts.read(folder)
        except RunError as error:
            raise RunError(NOT_YOURS) from error
        if not self._sees(facts.access):
            raise RunError(NOT_YOURS)
        if _age(folder) > _RENEWED_SECONDS:
            with contextlib.suppress(OSError):
                os.utime(folder / FACTS_FILE, ns=(time.time_ns(),) * 2)
        return KeptWorkspace(folder, facts)

    def newest(self) -> KeptWorkspace | None:
        """Return the person's workspace that was used last; None without a person, or without one of theirs."""
        for folder in sorted(self._folders(), key=_used, reverse=True) if self.person.id else ():
            with contextlib.suppress(RunError):
                if WorkspaceFacts.read(folder).access.is_of(self.person):
                    return self.open(folder.name)
        return None

    def share(self, key: str, addresses: str, *, with_all: bool) -> None:
        """Let these people open a workspace by its key, or everybody who is signed in, and nobody else.

        Raises
        ------
        RunError
            When there is none that the person may change, or one of the addresses is none.
        """
        with _lock:
            found = self.open(key)
            if not found.facts.access.lets_change(self.person):
                raise RunError(NOT_YOURS)
            shared = found.facts.access.shared(addresses, with_all)
            replace(found.facts, access=shared).write(found.folder)

    def save(self, key: str, workspace: Workspace) -> None:
        """Store a workspace under a key. The facts are written last: with them it is complete.

        Raises
        ------
        RunError
            When the key is another person's, the disk refuses it, or a table or the model is larger than all
            that is kept; the workspace is then without it.
        """
        folder = self.root / key
        new = workspace.new_rows
        _check_size(_size_of_table(workspace.source), f"The table {workspace.source.name!r}")
        with _lock, disk_errors_explained(folder):
            access = self._own_access(folder)
            private_folder(folder)
            clear_unfinished(folder)
            facts = _write(folder, access, workspace)
            taken = 0 if facts.model is None else _size(folder / facts.model.folder)
            if taken > _most_bytes():
                facts = replace(facts, model=None)
            if new is not None and len(new.content) > _most_bytes():
                facts = replace(facts, new_rows=None)
            facts.write(folder)
            _remove_others(folder, facts)
            self._tidy(folder)
        _check_size(taken, "The model")
        if new is not None:
            _check_size(len(new.content), f"The table {new.dataset.name!r}")

    def tidy(self) -> None:
        """Delete workspaces that are too old, and those that were used longest ago where all take too much."""
        with _lock:
            self._tidy(None)

    def _sees(self, access: Access) -> bool:
        if self.person.is_signed_in:
            return access.lets_see(self.person)
        return access.person in ("", self.person.id)

    def _own_access(self, folder: Path) -> Access:
        """Return the access of the person's workspace, new or not; raise `RunError` when it is another's."""
        try:
            access = WorkspaceFacts.read(folder).access
        except RunError:  # nothing is there yet, or nothing that is whole
            return Access.of(self.person)
        if not (access.is_of(self.person) if self.person.is_signed_in else self._sees(access)):
            raise RunError(NOT_YOURS)
        return access if access.person or access.email else Access.of(self.person)

    def _tidy(self, spared: Path | None) -> None:
        left = _most_bytes()
        for folder in sorted(self._folders(), key=_used, reverse=True):
            left -= _size(folder)
            if folder != spared and (left < 0 or _age(folder) > _most_seconds()):
                _delete(folder)

    def _folders(self) -> list[Path]:
        with contextlib.suppress(OSError):  # there is no such folder yet, or it cannot be read
            return [folder for folder in self.root.iterdir() if _KEY.fullmatch(folder.name)]
        return []


def _write(folder: Path, access: Access, workspace: Workspace) -> WorkspaceFacts:
    """Write what is new in a workspace; return the facts, which are yet to be written."""
    source, dataset, model = workspace.source, workspace.dataset, workspace.model
    table = KeptTable.of(source)
    path = folder / table_file(table)
    if isinstance(source.content, bytes) and not path.exists():
        write_file(path, source.content)
    remember(folder, table, source)
    if dataset is None:
        return WorkspaceFacts(access, table)
    chosen = dataset.report.origin
    remember(folder, chosen, dataset)
    kept = None if model is None else _write_model(folder, model)
    new = None if workspace.new_rows is None else _write_new_rows(folder, workspace.new_rows)
    return WorkspaceFacts(access, table, chosen, encoding_digest(dataset), kept, new)


def _write_new_rows(folder: Path, new: NewRows) -> KeptNewRows:
    kept = KeptNewRows.of(new)
    path = folder / table_file(kept)
    if not path.exists():
        write_file(path, new.content)
    remember(folder, kept, new)
    return kept


def _write_model(folder: Path, model: "Model") -> KeptModel:
    """Write a model into a folder of its own, unless it is there already."""
    with contextlib.suppress(RunError):
        before = WorkspaceFacts.read(folder).model
        if before is not None and alive(folder, before) is model:
            return before
    kept = KeptModel.of(model, f"model-{secrets.token_hex(8)}")
    inner = private_folder(folder / kept.folder)
    rows = io.BytesIO()
    np.save(rows, model.test_rows, allow_pickle=False)
    write_file(inner / TEST_ROWS, rows.getvalue())
    write_model(model.estimator, model.file, inner)
    remember(folder, kept, model)
    return kept


def _remove_others(folder: Path, facts: WorkspaceFacts) -> None:
    """Delete tables and models of before, which no facts name any more."""
    tables = {table_file(kept) for kept in (facts.table, facts.new_rows) if kept is not None}
    named = {FACTS_FILE, *tables, facts.model.folder if facts.model else ""}
    for other in folder.iterdir():
        if other.name not in named:
            (remove_folder if other.is_dir() else remove_file)(other)


def _delete(folder: Path) -> None:
    """Delete a workspace; without its facts, which go first, the rest counts for nothing."""
    with contextlib.suppress(OSError):  # of a disk that cannot be written: it is tried again with the next one
        remove_file(folder / FACTS_FILE)
        remove_folder(folder)


def _size_of_table(source: TableSource) -> int:
    return len(source.content) if isinstance(source.content, bytes) else 0


def _check_size(size: int, what: str) -> None:
    if size > _most_bytes():
        raise RunError(
            f"{what} takes {size / GIB:.3g} GiB, and no more than {_most_bytes() / GIB:.3g} are kept here "
            f"({SIZE}); a reload of the page loses it."
        )


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_size
    return total


def _used(folder: Path) -> float:
    """Return when a workspace was used, in seconds of the epoch; 0 where there is none."""
    for path in (folder / FACTS_FILE, folder):
        with contextlib.suppress(OSError):
            return path.stat().st_mtime
    return 0.0


def _age(folder: Path) -> float:
    return time.time() - _used(folder)


def _most_seconds() -> float:
    return positive_number(DAYS, USUAL_DAYS) * _DAY_SECONDS


def _most_bytes() -> int:
    return int(positive_number(SIZE, USUAL_SIZE) * GIB)
