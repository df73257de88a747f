"""The run store: the folder where the dashboard keeps its runs. It alone decides who may see and change which."""

import os
import re
import secrets
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from sparklime_core.atomic_files import disk_errors_explained, remove_folder
from sparklime_core.errors import RunError
from sparklime_core.runs.access import ANYBODY, Access, Person, no_run
from sparklime_core.runs.inputs import Inputs
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.run import Run
from sparklime_core.runs.stored_tables import MANIFEST

LONGEST_TITLE = 120
"""Characters of a run's name."""

_ID = re.compile(r"\w[\w.-]{0,199}")
_OWN_ID = re.compile(r"\d{8}-\d{6}-[a-z0-9-]+")
"""An id that `RunStore.create` has given: such a folder is a run's, also where there is no manifest in it."""


def default_home() -> Path:
    """Return where SparkLIME keeps its files: ``SPARKLIME_HOME``, or the platform's place for them."""
    named = os.environ.get("SPARKLIME_HOME")
    return Path(named).expanduser() if named else Path(platformdirs.user_data_dir("sparklime"))


_sharing = threading.Lock()


@dataclass(frozen=True)
class RunStore:
    """Runs in a folder, one folder each, as one person may see and change them.

    Attributes
    ----------
    root
        The folder.
    person
        Whose view it is. Who is signed in sees the runs of their own and those that are shared with them, changes
        those of their own, and gets one sentence for any other run, there or not.
    """

    root: Path
    person: Person = ANYBODY

    @classmethod
    def default(cls) -> "RunStore":
        """Return the store of the dashboard."""
        return cls(default_home() / "runs")

    def of(self, person: Person) -> "RunStore":
        """Return a person's view of the store."""
        return replace(self, person=person)

    @property
    def comparisons(self) -> Path:
        """Where comparisons of its runs are kept."""
        return self.root.parent / "comparisons"

    def create(self, manifest: Manifest, inputs: Inputs) -> Run:
        """Make a new run; its id is its time, its table's name, and eight random digits.

        It belongs to the person who is signed in, and otherwise to nobody. The run that is returned asks nobody.
        """
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        name = re.sub(r"[^a-z0-9]+", "-", inputs.dataset.name.lower()).strip("-")[:24] or "table"
        folder = self.root / f"{stamp}-{name}-{secrets.token_hex(4)}"
        access = Access.of(self.person) if self.person.is_signed_in else None
        return Run.create(folder, manifest, inputs, access)

    def runs(self) -> list[Run]:
        """Return the runs that the person may see, newest first, half-made and damaged ones among them."""
        if not self.root.is_dir():
            return []
        folders = [folder for folder in sorted(self.root.iterdir(), reverse=True) if _is_run(folder)]
        return [Run(folder, self.person) for folder in folders if self._sees(folder)]

    def open(self, run_id: str) -> Run:
        """Return a run by its id, whole or not; raise `RunError` when there is none that the person may see."""
        folder = self.root / run_id
        if _ID.fullmatch(run_id) is None or folder.parent != self.root or not _is_run(folder):
            raise no_run(run_id, self.person)
        run = Run(folder, self.person)
        run.guard.check_seen()
        return run

    def sees(self, run_id: str) -> bool:
        """Return whether there is such a run that the person may see."""
        try:
            self.open(run_id)
        except RunError:
            return False
        return True

    def open_own(self, run_id: str) -> Run:
        """Return a run by its id; raise `RunError` when there is none that the person may change."""
        run = self.open(run_id)
        run.guard.check_changed()
        return run

    def share(self, run_id: str, addresses: str, *, with_all: bool) -> None:
        """Share a run with these people, or with everybody who is signed in, and with nobody else.

        Raises
        ------
        RunError
            When the person may not change the run, or one of the addresses is none.
        """
        with _sharing:
            run = self.open_own(run_id)
            run.guard.access().shared(addresses, with_all).write(run.folder)

    def give(self, run_id: str, email: str) -> None:
        """Give a run to who signs in with an address; operators alone may.

        Raises
        ------
        RunError
            When the person is no operator, there is no such run, or the address is none.
        """
        with _sharing:
            run = self.open_own(run_id)
            if not self.person.is_operator:
                raise RunError("Only an operator gives a run to another person.")
            run.guard.access().given_to(email).write(run.folder)

    def rename(self, run_id: str, title: str) -> None:
        """Call a run something else.

        Raises
        ------
        RunError
            When there is no such run, it is still running, or the name is empty or longer than `LONGEST_TITLE`.
        """
        run = self.open_own(run_id)
        title = " ".join(title.split())
        if not title or len(title) > LONGEST_TITLE:
            raise RunError(f"A run's name must have between 1 and {LONGEST_TITLE} characters.")
        if not run.manifest().state.is_ended():
            raise RunError(f"The run {run_id!r} is still running; rename it when it has ended.")
        run.update(title=title)

    def delete(self, run_id: str) -> None:
        """Delete a run that nothing works on, half-made and damaged ones too, with all that is in its folder.

        Raises
        ------
        RunError
            When there is no such run, it is still running, or the disk refuses it.
        """
        run = self.open_own(run_id)
        try:
            is_running = not run.manifest().state.is_ended()
        except RunError:  # its manifest is missing or damaged
            is_running = run.is_worked_on()
        if is_running:
            raise RunError(f"The run {run_id!r} is still running; cancel it first.")
        with disk_errors_explained(run.folder):
            run.discard()
            remove_folder(run.folder)

    def _sees(self, folder: Path) -> bool:
        return not self.person.is_signed_in or Access.read(folder).lets_see(self.person)


def _is_run(folder: Path) -> bool:
    """Return whether a folder of the store is a run's."""
    return (folder / MANIFEST).is_file() or (folder.is_dir() and _OWN_ID.fullmatch(folder.name) is not None)
