"""A run: a folder with its manifest, its inputs, and its results, wave by wave and at the end whole."""

import contextlib
import dataclasses
import threading
from collections.abc import Iterator, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
from filelock import FileLock, Timeout

from sparklime_core.atomic_files import (
    clear_unfinished,
    disk_errors_explained,
    is_unfinished,
    make_folder,
    remove_empty_folder,
    remove_file,
    remove_folder,
    write_file,
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
from sparklime_core.runs.inputs import (
    DATA_FILE,
    MODEL_FILE,
    TRAINING_FILE,
    Inputs,
    read_encoding,
    read_inputs,
    write_inputs,
)
from sparklime_core.runs.manifest import Manifest, Owner, RunState, TableFacts
from sparklime_core.runs.stored_tables import damaged, state_of_file
from sparklime_core.runs.wave_files import (
    count_rows,
    first_row,
    join_parts,
    numbers_of,
    read_outcomes,
    with_numbers,
    write_part,
)

EXPLANATIONS = "explanations.parquet"
TASKS = "tasks.parquet"
BLOCKS = "blocks.parquet"
STABILITY = "stability.parquet"
ROWS_FILE = "rows.parquet"
MANIFEST = "run.json"
PARTS = "parts"
RESERVE = "reserve"
TAKEN = "taken"
RESERVED_BYTES = 64 * 1024
"""Room on the disk that a run holds while it is worked on: for the manifest that says that the disk is full."""

_BLOCKS, _COUNTS = "blocks", "counts"
_FILES = (DATA_FILE, TRAINING_FILE, MODEL_FILE, EXPLANATIONS, TASKS, BLOCKS, STABILITY, ROWS_FILE, RESERVE)
"""Everything in a run's folder but its manifest and its parts."""

_worked_on: set[Path] = set()
_updating = threading.Lock()


class Run:
    """A run's folder. Reading is safe while another thread or process writes: files appear whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.folder.name

    @classmethod
    def create(cls, folder: Path, manifest: Manifest, inputs: Inputs) -> "Run":
        """Make a run's folder: the manifest comes first, so that it is known whose a half-made one is.

        The table comes last of the inputs: without it a run is half-made, and may be made again.

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
            make_folder(folder / PARTS)
            with run._alone():
                check_free(folder)  # again, now that no other process makes a run there
                try:
                    run._clear()
                    _worked_on.add(folder.resolve())
                    manifest.write(folder / MANIFEST)
                    run._reserve()
                    write_inputs(inputs, folder)
                except BaseException:
                    run.discard()
                    raise
        return run

    def manifest(self) -> Manifest:
        """Read the manifest; a run that nothing works on any more is ``INTERRUPTED`` or ``HALF_MADE``.

        What it counts is written down when a run ends; of another, the waves that are on the disk are counted.

        Raises
        ------
        RunError
            When there is none, or it is damaged.
        """
        manifest = Manifest.read(self.folder / MANIFEST)
        if manifest.state is not RunState.RUNNING:
            return self._unless_half_made(manifest)
        counts: dict[str, Any] = {}
        with contextlib.suppress(FileNotFoundError):  # it may end meanwhile, and its waves be joined
            counts = self._counts()
        manifest = Manifest.read(self.folder / MANIFEST)
        if manifest.state is not RunState.RUNNING:
            return self._unless_half_made(manifest)
        if self._is_worked_on(manifest.owner):
            return dataclasses.replace(manifest, **counts)
        return self._unless_half_made(dataclasses.replace(manifest, state=RunState.INTERRUPTED, **counts))

    def _unless_half_made(self, manifest: Manifest) -> Manifest:
        """Return the manifest where the run has its table; without one, it never began, or is damaged."""
        if (self.folder / DATA_FILE).exists():
            return manifest
        if manifest.rows_explained:
            raise damaged(self.folder / DATA_FILE, "is missing")
        return dataclasses.replace(manifest, state=RunState.HALF_MADE)

    def is_worked_on(self) -> bool:
        """Return whether this process works on the run, also where its manifest cannot be read."""
        return self.folder.resolve() in _worked_on

    def update(self, **changes: Any) -> Manifest:
        """Change entries of the manifest; return the new one.

        Raises
        ------
        RunError
            When the disk refuses it; the manifest is then as it was.
        """
        with _updating, _explained(self.folder):
            manifest = dataclasses.replace(Manifest.read(self.folder / MANIFEST), **changes)
            manifest.write(self.folder / MANIFEST)
        return manifest

    @cached_property
    def facts(self) -> TableFacts:
        """Features, classes, target, task and digest of the table: they never change, and are read once."""
        return self._at_first_sight.data

    @cached_property
    def _at_first_sight(self) -> Manifest:
        """The manifest as it was read first, for entries that never change."""
        return Manifest.read(self.folder / MANIFEST)

    def version(self) -> str:
        """Return the version of the run's results: number of files, and digest of their names, sizes and times."""
        files = [(path.name, state_of_file(path)) for path in map(Path, self._files(EXPLANATIONS, "wave"))]
        return f"{len(files)}.{sha256(repr(files).encode()).hexdigest()[:12]}"

    def inputs(self) -> Inputs:
        """Read the table, the model and the rows to explain."""
        return read_inputs(self.folder)

    def encoding(self) -> Encoding:
        """Read how the table is encoded, and nothing else of it."""
        return read_encoding(self.folder)

    def take_over(self) -> None:
        """Make this process the one that works on the run, and clear away what the one before left unfinished.

        Raises
        ------
        RunError
            When another process works on it, or the disk refuses it.
        """
        with _explained(self.folder), self._alone():
            state = self.manifest().state
            if state is RunState.RUNNING:
                raise RunError(f"The run {self.id!r} is being worked on; wait for its end, or cancel it there.")
            if state is RunState.HALF_MADE:
                raise RunError(f"The run {self.id!r} {_HALF_MADE}; delete it, and start it again.")
            self.finished_blocks()  # a part that is damaged is said to be so while the run is as it was
            for folder in (self.folder, self.folder / PARTS):
                clear_unfinished(folder)
            self._reserve()
            self.update(state=RunState.RUNNING, owner=Owner.this_process(), error=None)
            _worked_on.add(self.folder.resolve())

    def append(
        self,
        wave: int,
        blocks: Sequence[int],
        explanations: pa.Table,
        tasks: pa.Table,
        work: pa.Table | None = None,
        stability: pa.Table | None = None,
    ) -> None:
        """Keep a finished wave, whole or not at all.

        The results come last: tables without them are of a wave that will be explained again, and do not count.

        Parameters
        ----------
        wave, blocks
            Its number, and the blocks that it explained.
        explanations, tasks, work, stability
            Tables of `result_schema`, `TASK_SCHEMA`, `WORK_SCHEMA` and `STABILITY_SCHEMA`.

        Raises
        ------
        RunError
            When the disk refuses it.
        """
        named = with_numbers(explanations, {_BLOCKS: blocks, _COUNTS: count_rows(explanations)})
        with _explained(self.folder):
            make_folder(self.folder / PARTS)
            if work is not None:
                write_part(work.cast(WORK_SCHEMA), self._part("blocks", wave))
            if stability is not None:
                write_part(stability.cast(STABILITY_SCHEMA), self._part("stability", wave))
            write_part(tasks.cast(TASK_SCHEMA), self._part("tasks", wave))
            write_part(named, self._part("wave", wave))

    def finished_blocks(self) -> tuple[set[int], int]:
        """Return the blocks that have their results, and the number of the next wave."""
        blocks: set[int] = set()
        waves = self._parts("wave")
        for part in waves:
            blocks.update(numbers_of(part, _BLOCKS))
        return blocks, 1 + max(map(_number, waves), default=-1)

    def finish(self, state: RunState, **changes: Any) -> Manifest:
        """End the run, and write down how many rows it has explained.

        A finished one has its parts joined into one file each, in row order.

        Raises
        ------
        RunError
            When the disk refuses it; the run keeps what it has, and can be resumed.
        """
        try:
            changes |= self._counts()
            if state is RunState.FINISHED:
                changes["schema_version"] = SCHEMA_VERSION
                self._join()
            remove_file(self.folder / RESERVE)
            manifest = self.update(state=state, **changes)
        finally:
            _worked_on.discard(self.folder.resolve())
        self.tidy()
        return manifest

    def _join(self) -> None:
        """Join the parts of each kind into one file, in row order."""
        with _explained(self.folder):
            join_parts(
                sorted(self._parts("wave"), key=first_row), self.result_schema(), self.folder / EXPLANATIONS
            )
            join_parts(self._parts("tasks"), TASK_SCHEMA, self.folder / TASKS)
            join_parts(self._parts("blocks"), WORK_SCHEMA, self.folder / BLOCKS)
            measured = sorted(self._parts("stability"), key=first_row)
            if measured:
                join_parts(measured, STABILITY_SCHEMA, self.folder / STABILITY)

    def tidy(self) -> None:
        """Delete the parts of a finished run: they are joined, and may be left of a process that was killed."""
        if Manifest.read(self.folder / MANIFEST).state is RunState.FINISHED:
            remove_folder(self.folder / PARTS)

    def discard(self) -> None:
        """Delete the run, and its folder where nothing else is in it.

        The table goes first and the manifest last: what a process that is killed here leaves is half-made.
        """
        self._clear()
        remove_folder(self.folder / PARTS)
        remove_file(self.folder / MANIFEST)
        _worked_on.discard(self.folder.resolve())
        remove_empty_folder(self.folder)

    def _clear(self) -> None:
        """Delete everything of the run but its manifest, and what holds the lock."""
        for name in _FILES:
            remove_file(self.folder / name)
        for folder in (self.folder, self.folder / PARTS):
            if folder.is_dir():
                clear_unfinished(folder)
        for part in (self.folder / PARTS).glob("*.parquet"):
            remove_file(part)

    def result_schema(self) -> pa.Schema:
        """Return the schema of the run's results."""
        return result_schema(profiles=self._at_first_sight.explain.profiles)

    def explanation_files(self) -> list[str]:
        """Return the files that hold what is explained so far."""
        return self._files(EXPLANATIONS, "wave", needed=True)

    def task_files(self) -> list[str]:
        """Return the files that hold the finished tasks so far."""
        return self._files(TASKS, "tasks", needed=True)

    def block_files(self) -> list[str]:
        """Return the files that say who explained which block so far; none in a run of before they were kept."""
        return self._files(BLOCKS, "blocks")

    def stability_files(self) -> list[str]:
        """Return the files that hold the stability that is measured so far; none in a run without it."""
        return self._files(STABILITY, "stability")

    def _counts(self) -> dict[str, Any]:
        """Return how many rows the waves on the disk have, and how many of these could not be explained."""
        counts = [numbers_of(part, _COUNTS) or count_rows(read_outcomes(part)) for part in self._parts("wave")]
        return {
            "rows_explained": sum(explained for explained, _ in counts),
            "rows_failed": sum(failed for _, failed in counts),
        }

    def _files(self, joined: str, part: str, *, needed: bool = False) -> list[str]:
        """Return the joined file or the parts; raise `RunError` where a finished run lacks one that is needed."""
        whole = self.folder / joined
        found = [str(whole)] if whole.exists() else [str(path) for path in self._parts(part)]
        if needed and not found and Manifest.read(self.folder / MANIFEST).state is RunState.FINISHED:
            if whole.exists():  # it has ended at this moment
                return [str(whole)]
            raise damaged(whole, "is missing")
        return found

    def _parts(self, kind: str) -> list[Path]:
        """Return the parts of one kind, of waves that are whole."""
        parts = sorted((self.folder / PARTS).glob(f"{kind}-*.parquet"))
        return [part for part in parts if self._part("wave", _number(part)).exists()]

    def _part(self, kind: str, wave: int) -> Path:
        return self.folder / PARTS / f"{kind}-{wave:05d}.parquet"

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one process alone make the run or take it over; the system frees what a killed one has locked."""
        try:
            make_folder(self.folder / PARTS)
            with FileLock(self.folder / PARTS / TAKEN, timeout=0):
                yield
        except Timeout as error:
            raise RunError(f"The run {self.id!r} is being taken over by another process.") from error

    def _reserve(self) -> None:
        write_file(self.folder / RESERVE, bytes(RESERVED_BYTES))

    def _is_worked_on(self, owner: Owner) -> bool:
        """Tell whether a process works on the run; this one knows of itself, the others are alive or gone."""
        if owner.is_this_process():
            return self.is_worked_on()
        return owner.is_alive()


_HALF_MADE = "was cut off while its table and model were stored"


def check_free(folder: Path) -> None:
    """Raise `RunError` when a folder cannot become a run's: it holds something, or is a file.

    What a process that was killed left of a run that was never whole stands in nobody's way.
    """
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{str(folder)!r} is a file; name a folder.")
    if holds_run(folder):
        raise RunError(f"The folder {str(folder)!r} is not empty: it holds a run; choose another one.")
    if not (folder / MANIFEST).exists() and any(not _is_left_over(entry) for entry in _entries(folder)):
        raise RunError(f"The folder {str(folder)!r} is not empty; choose another one.")


def holds_run(folder: Path) -> bool:
    """Return whether a folder holds a run that is more than half-made.

    Raises
    ------
    RunError
        When it holds one that is damaged.
    """
    return (folder / MANIFEST).exists() and Run(folder).manifest().state is not RunState.HALF_MADE


def _is_left_over(entry: Path) -> bool:
    """Return whether an entry of a folder is what a run begins with: its manifest unfinished, and no parts."""
    if entry.name == PARTS:
        return entry.is_dir() and {inner.name for inner in entry.iterdir()} <= {TAKEN}
    return is_unfinished(entry) and entry.name.startswith(MANIFEST)


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.exists() else []


def _explained(folder: Path) -> contextlib.AbstractContextManager[None]:
    return disk_errors_explained(folder, advice="resume the run")


def _number(part: Path) -> int:
    return int(part.stem.partition("-")[2])
