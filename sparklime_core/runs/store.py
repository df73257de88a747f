"""The run store: the folder where the dashboard keeps its runs."""

import os
import re
import secrets
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from sparklime_core.errors import RunError
from sparklime_core.runs.inputs import Inputs
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.run import MANIFEST, Run

LONGEST_TITLE = 120
"""Characters of a run's name."""

_ID = re.compile(r"[\w.-]{1,200}")


def default_home() -> Path:
    """Return where SparkLIME keeps its files: ``SPARKLIME_HOME``, or the platform's place for them."""
    named = os.environ.get("SPARKLIME_HOME")
    return Path(named).expanduser() if named else Path(platformdirs.user_data_dir("sparklime"))


@dataclass(frozen=True)
class RunStore:
    """Runs in a folder, one folder each."""

    root: Path

    @classmethod
    def default(cls) -> "RunStore":
        """Return the store of the dashboard."""
        return cls(default_home() / "runs")

    @property
    def comparisons(self) -> Path:
        """Where comparisons of its runs are kept."""
        return self.root.parent / "comparisons"

    def create(self, manifest: Manifest, inputs: Inputs) -> Run:
        """Make a new run; its id is its time, its table's name, and four random digits."""
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        name = re.sub(r"[^a-z0-9]+", "-", inputs.dataset.name.lower()).strip("-")[:24] or "table"
        return Run.create(self.root / f"{stamp}-{name}-{secrets.token_hex(2)}", manifest, inputs)

    def runs(self) -> list[Run]:
        """Return the runs, newest first."""
        if not self.root.is_dir():
            return []
        folders = sorted((path.parent for path in self.root.glob(f"*/{MANIFEST}")), reverse=True)
        return [Run(folder) for folder in folders]

    def open(self, run_id: str) -> Run:
        """Return a run by its id; raise `RunError` when there is none."""
        folder = self.root / run_id
        is_name = _ID.fullmatch(run_id) is not None and folder.parent == self.root
        if not is_name or not (folder / MANIFEST).is_file():
            raise RunError(f"There is no run {run_id!r} in the store.")
        return Run(folder)

    def rename(self, run_id: str, title: str) -> None:
        """Call a run something else.

        Raises
        ------
        RunError
            When there is no such run, it is still running, or the name is empty or longer than `LONGEST_TITLE`.
        """
        run = self.open(run_id)
        title = " ".join(title.split())
        if not title or len(title) > LONGEST_TITLE:
            raise RunError(f"A run's name must have between 1 and {LONGEST_TITLE} characters.")
        if not run.manifest().state.is_ended():
            raise RunError(f"The run {run_id!r} is still running; rename it when it has ended.")
        run.update(title=title)

    def delete(self, run_id: str) -> None:
        """Delete a run that nothing works on."""
        run = self.open(run_id)
        if not run.manifest().state.is_ended():
            raise RunError(f"The run {run_id!r} is still running; cancel it first.")
        shutil.rmtree(run.folder)
