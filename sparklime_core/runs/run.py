"""`Run`: a folder with a manifest, inputs, and results: a part per wave, joined when the run ends."""

import contextlib
import dataclasses
import secrets
import threading
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
from filelock import FileLock, Timeout

from sparklime_core.atomic_files import (
    disk_errors_explained,
    make_folder,
    remove_empty_folder,
    remove_file,
    remove_folder,
)
from sparklime_core.data.feature_encoding import Encoding
from sparklime_core.errors import RunError
from sparklime_core.explain.schema import (
    SCHEMA_VERSION,
    STABILITY_SCHEMA,
    TASK_SCHEMA,
    WORK_SCHEMA,
    result_schema,
)
from sparklime_core.explain.settings import ExplainSettings, OutputName
from sparklime_core.explain.types import FloatArray, IntArray
from sparklime_core.process_identity import Owner
from sparklime_core.runs.access import ACCESS_FILE, ANYBODY, Access, Guard, Person
from sparklime_core.runs.facts import Predicted, TableFacts
from sparklime_core.runs.inputs import Inputs, Tables, read_encoding, read_inputs, read_tables, write_inputs
from sparklime_core.runs.manifest import Manifest, RunState
from sparklime_core.runs.parts import BLOCKS_KEY, COUNTS_KEY, ExecutorParts, count_rows, with_numbers
from sparklime_core.runs.run_files import RESERVE, TAKEN, RunFiles
from sparklime_core.runs.stored_tables import EXPLANATIONS, MANIFEST, damaged, write_part

_worked_on: set[Path] = set()
_updating = threading.Lock()


class Run:
    """A run's folder. Reading is safe while another thread or process writes: files appear whole.

    Parameters
    ----------
    folder
        Where it is.
    person
        Who has opened it. Each reading and writing asks `guard` whether this person still may.
    """

    def __init__(self, folder: Path, person: Person = ANYBODY) -> None:
        self.folder = folder
        self.guard = Guard(folder, person)
        self._all_files = RunFiles(folder)

    @property
    def _files(self) -> RunFiles:
        """The files, for who may see the run."""
        self.guard.check_seen()
        return self._all_files

    @property
    def _own_files(self) -> RunFiles:
        """The files, for who may change the run."""
        self.guard.check_changed()
        return self._all_files

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.folder.name

    @classmethod
    def create(cls, folder: Path, manifest: Manifest, inputs: Inputs, access: Access | None = None) -> "Run":
        """Make a run's folder.

        The manifest is written first, since it names the process that makes the run, and the table last: a run
        without a table is half-made, and may be made again. Only who may see it is written before.

        Raises
        ------
        RunError
            When the folder already holds something, or cannot be written.
        """
        check_free(folder)
        run = cls(folder)
        manifest = dataclasses.replace(
            manifest, state=RunState.RUNNING, owner=Owner.this_process(), rows_explained=0, rows_failed=0
        )
        with _explained(folder):
            make_folder(run._files.parts)
            with run._alone():
                check_free(folder)  # again, under the lock
                try:
                    run._files.clear()
                    _worked_on.add(folder.resolve())
                    if access is not None:
                        access.write(folder)
                    manifest.write(folder / MANIFEST)
                    run._files.reserve()
                    if manifest.writers == "executors":
                        run._files.let_executors_write(stability=manifest.stability > 0)
                    write_inputs(inputs, folder)
                except BaseException:
                    run.discard()
                    raise
        return run

    def manifest(self) -> Manifest:
        """Read the manifest. A run that has lost its process is ``INTERRUPTED`` or ``HALF_MADE``.

        Its counts are written when the run ends; before that, the waves on the disk are counted.

        Raises
        ------
        RunError
            When there is none, or it is damaged.
        """
        manifest = Manifest.read(self._files.manifest)
        if manifest.state is not RunState.RUNNING:
            return self._unless_half_made(manifest)
        counts: dict[str, Any] = {}
        with contextlib.suppress(FileNotFoundError):  # the run may end meanwhile, which joins its waves
            counts = self._files.counts()
        manifest = Manifest.read(self._files.manifest)
        if manifest.state is not RunState.RUNNING:
            return self._unless_half_made(manifest)
        if self._is_worked_on(manifest.owner):
            return dataclasses.replace(manifest, **counts)
        return self._unless_half_made(dataclasses.replace(manifest, state=RunState.INTERRUPTED, **counts))

    def _unless_half_made(self, manifest: Manifest) -> Manifest:
        """Return the manifest; a run without a table is half-made or damaged."""
        if self._files.data.exists():
            return manifest
        if manifest.rows_explained:
            raise damaged(self._files.data, "is missing")
        return dataclasses.replace(manifest, state=RunState.HALF_MADE)

    def is_worked_on(self) -> bool:
        """Return whether this process works on the run. It needs no manifest."""
        return self.folder.resolve() in _worked_on

    def update(self, **changes: Any) -> Manifest:
        """Change entries of the manifest; return the new manifest.

        Raises
        ------
        RunError
            When the disk refuses it. The manifest stays as it was.
        """
        with _updating, _explained(self.folder):
            manifest = dataclasses.replace(Manifest.read(self._own_files.manifest), **changes)
            manifest.write(self._own_files.manifest)
        return manifest

    @cached_property
    def facts(self) -> TableFacts:
        """Features, classes, target, task and digest of the table. They never change, and are read once."""
        return self._at_first_sight.data

    @property
    def explain(self) -> ExplainSettings:
        """The settings of the explanations."""
        return self._at_first_sight.explain

    @property
    def output(self) -> OutputName:
        """Which output of the model is explained."""
        return self.explain.output

    @cached_property
    def predicted(self) -> Predicted:
        """What the predictions of its results are."""
        return Predicted.of(self.facts, self.output)

    @cached_property
    def _at_first_sight(self) -> Manifest:
        """The manifest as first read, for entries that never change."""
        return Manifest.read(self._files.manifest)

    def version(self) -> str:
        """Return the version of the run's results: another text when there are more."""
        return self._files.version()

    def tables(self) -> Tables:
        """Read the table and the rows to explain, without the model."""
        return read_tables(self._files.folder)

    def inputs(self, tables: Tables | None = None) -> Inputs:
        """Read the table, the model and the rows to explain; the model alone where the tables are at hand."""
        return read_inputs(self._files.folder, tables or self.tables())

    def encoding(self) -> Encoding:
        """Read the table's encoding, without the table."""
        return read_encoding(self._files.folder)

    def take_over(self) -> None:
        """Make this process the owner of the run, and delete unfinished files of the one before.

        Raises
        ------
        RunError
            When another process works on it, or the disk refuses it.
        """
        self.guard.check_changed()
        with _explained(self.folder), self._alone():
            state = self.manifest().state
            if state is RunState.RUNNING:
                raise RunError(
                    f"The run {self.id!r} is in progress in another process; wait for its end, or cancel it there."
                )
            if state is RunState.HALF_MADE:
                raise RunError(f"The run {self.id!r} {_HALF_MADE}; delete it, and start it again.")
            self._own_files.end_attempts()
            self.finished_blocks()  # raises for a damaged part while the run is unchanged
            self._own_files.clear_unfinished()
            self._own_files.reserve()
            self.update(state=RunState.RUNNING, owner=Owner.this_process(), error=None)
            _worked_on.add(self.folder.resolve())

    @property
    def executors_write(self) -> bool:
        """Whether the executors write the results."""
        return self._files.executors_write

    def begin_attempt(self, rows: FloatArray, row_ids: IntArray, block_rows: int) -> ExecutorParts:
        """Let executors write the parts of a run, until it ends or is taken over.

        Parameters
        ----------
        rows, row_ids, block_rows
            All rows (n, d) to explain, their (n,) ids, and how many of them a block has.

        Raises
        ------
        RunError
            When the disk refuses the rows.
        """
        with _explained(self.folder):
            parts = self._own_files.begin_attempt(secrets.token_hex(4), block_rows)
            parts.put_rows(rows, row_ids)
        return parts

    def append(
        self,
        wave: int,
        blocks: Sequence[int],
        explanations: pa.Table,
        tasks: pa.Table,
        work: pa.Table | None = None,
        stability: pa.Table | None = None,
    ) -> None:
        """Store a finished wave, whole or not at all.

        The results are written last: without them a wave does not count, and is explained again.

        Parameters
        ----------
        wave, blocks
            Number of the wave, and the blocks that it explained.
        explanations, tasks, work, stability
            Tables of `result_schema`, `TASK_SCHEMA`, `WORK_SCHEMA` and `STABILITY_SCHEMA`.

        Raises
        ------
        RunError
            When the disk refuses it.
        """
        named = with_numbers(explanations, {BLOCKS_KEY: blocks, COUNTS_KEY: count_rows(explanations)})
        with _explained(self.folder):
            make_folder(self._own_files.parts)
            if work is not None:
                write_part(work.cast(WORK_SCHEMA), self._own_files.part("blocks", wave))
            if stability is not None:
                write_part(stability.cast(STABILITY_SCHEMA), self._own_files.part("stability", wave))
            write_part(tasks.cast(TASK_SCHEMA), self._own_files.part("tasks", wave))
            write_part(named, self._own_files.part("wave", wave))

    def finished_blocks(self) -> tuple[set[int], int]:
        """Return the blocks that have their results, and the number of the next wave."""
        return self._files.finished_blocks()

    def finish(self, state: RunState, **changes: Any) -> Manifest:
        """End the run: count its rows, and join the parts of a finished run in row order.

        Raises
        ------
        RunError
            When the disk refuses it, or the parts are not the run's rows. The run keeps its parts, and can be
            resumed.
        """
        try:
            with _explained(self.folder):
                self._own_files.end_attempts()
            changes |= self._own_files.counts()
            if state is RunState.FINISHED:
                self._check_complete(changes["rows_explained"])
                changes["schema_version"] = SCHEMA_VERSION
                with _explained(self.folder):
                    self._own_files.join(self.result_schema())
            remove_file(self.folder / RESERVE)
            manifest = self.update(state=state, **changes)
        finally:
            _worked_on.discard(self.folder.resolve())
        self.tidy()
        return manifest

    def _check_complete(self, explained: int) -> None:
        """Raise `RunError` when the parts that executors wrote have another number of rows than the run."""
        rows = self._at_first_sight.rows
        if self.executors_write and explained != rows:
            raise damaged(self.folder / EXPLANATIONS, f"has {explained} explained rows where the run has {rows}")

    def tidy(self) -> None:
        """Delete the parts of a finished run that are joined; a killed process may have left them."""
        is_finished = Manifest.read(self._own_files.manifest).state is RunState.FINISHED
        if is_finished and not self.executors_write:
            remove_folder(self._own_files.parts)

    def discard(self) -> None:
        """Delete the run, and its folder if that is empty then.

        The table goes first and the manifest last, so that a process killed here leaves a half-made run.
        """
        self._own_files.clear()
        remove_folder(self._own_files.parts)
        remove_file(self._all_files.manifest)
        remove_file(self.folder / ACCESS_FILE)
        _worked_on.discard(self.folder.resolve())
        remove_empty_folder(self.folder)

    def result_schema(self) -> pa.Schema:
        """Return the schema of the run's results."""
        return result_schema(profiles=self._at_first_sight.explain.profiles)

    def explanation_files(self) -> list[str]:
        """Return the files of results so far."""
        return self._files.tables("wave", needed=True)

    def task_files(self) -> list[str]:
        """Return the files of finished tasks so far."""
        return self._files.tables("tasks", needed=True)

    def block_files(self) -> list[str]:
        """Return the files of explained blocks so far; none in runs of versions without them."""
        return self._files.tables("blocks", needed=self.executors_write)

    def stability_files(self) -> list[str]:
        """Return the files of stability so far; none in a run without it."""
        return self._files.tables("stability", needed=self.executors_write and self._at_first_sight.stability > 0)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Lock the run while it is made or taken over. The system frees the lock of a killed process."""
        try:
            make_folder(self._files.parts)
            with FileLock(self._files.parts / TAKEN, timeout=0):
                yield
        except Timeout as error:
            raise RunError(f"The run {self.id!r} is being taken over by another process.") from error

    def _is_worked_on(self, owner: Owner) -> bool:
        """Return whether the owner works on the run: this process knows, another one is alive or gone."""
        if owner.is_this_process():
            return self.is_worked_on()
        return owner.is_alive()


_HALF_MADE = "was interrupted while its table and model were stored"


def check_free(folder: Path) -> None:
    """Raise `RunError` when a folder cannot become a run's: it is a file, or holds something.

    A half-made run of a killed process is no obstacle.
    """
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{str(folder)!r} is a file; name a folder.")
    if holds_run(folder):
        raise RunError(f"The folder {str(folder)!r} is not empty: it holds a run; choose another one.")
    if not (folder / MANIFEST).exists() and RunFiles(folder).others():
        raise RunError(f"The folder {str(folder)!r} is not empty; choose another one.")


def holds_run(folder: Path) -> bool:
    """Return whether a folder holds a run that is more than half-made.

    Raises
    ------
    RunError
        When it holds one that is damaged.
    """
    return (folder / MANIFEST).exists() and Run(folder).manifest().state is not RunState.HALF_MADE


def _explained(folder: Path) -> contextlib.AbstractContextManager[None]:
    return disk_errors_explained(folder, advice="resume the run")
