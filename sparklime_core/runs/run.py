"""A run: a folder with its manifest, its inputs, and its results, wave by wave and at the end whole."""

import contextlib
import dataclasses
import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from filelock import FileLock, Timeout

from sparklime_core.atomic_files import clear_unfinished, disk_errors_explained, sync
from sparklime_core.errors import RunError
from sparklime_core.explain.schema import (
    SCHEMA_VERSION,
    STABILITY_SCHEMA,
    TASK_SCHEMA,
    WORK_SCHEMA,
    result_schema,
)
from sparklime_core.runs.inputs import Inputs, read_inputs, write_inputs
from sparklime_core.runs.manifest import Manifest, Owner, RunState
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
MANIFEST = "run.json"
PARTS = "parts"
RESERVE = "reserve"
TAKEN = "taken"
RESERVED_BYTES = 64 * 1024
"""Room on the disk that a run holds while it is worked on: for the manifest that says that the disk is full."""

_BLOCKS, _COUNTS = "blocks", "counts"
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
        """Make a run's folder; the manifest comes last, so that a folder with one is complete.

        Raises
        ------
        RunError
            When the folder already holds something, or cannot be written.
        """
        check_free(folder)
        run = cls(folder)
        with disk_errors_explained(folder):
            try:
                (folder / PARTS).mkdir(parents=True)
                write_inputs(inputs, folder)
                for written in folder.iterdir():
                    sync(written)
                run._reserve()
                manifest.write(folder / MANIFEST)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
        _worked_on.add(folder.resolve())
        return run

    def manifest(self) -> Manifest:
        """Read the manifest; a run that nothing works on any more is ``INTERRUPTED``.

        What it counts is written down when a run ends; of another, the waves that are on the disk are counted.
        """
        manifest = Manifest.read(self.folder / MANIFEST)
        if manifest.state is not RunState.RUNNING:
            return manifest
        counts: dict[str, Any] = {}
        with contextlib.suppress(FileNotFoundError):  # it may end meanwhile, and its waves be joined
            counts = self._counts()
        manifest = Manifest.read(self.folder / MANIFEST)
        if manifest.state is not RunState.RUNNING:
            return manifest
        state = RunState.RUNNING if self._is_worked_on(manifest.owner) else RunState.INTERRUPTED
        return dataclasses.replace(manifest, state=state, **counts)

    def update(self, **changes: Any) -> Manifest:
        """Change entries of the manifest; return the new one.

        Raises
        ------
        RunError
            When the disk refuses it; the manifest is then as it was.
        """
        with _updating, disk_errors_explained(self.folder):
            manifest = dataclasses.replace(Manifest.read(self.folder / MANIFEST), **changes)
            manifest.write(self.folder / MANIFEST)
        return manifest

    def inputs(self) -> Inputs:
        """Read the table, the model and the rows to explain."""
        return read_inputs(self.folder)

    def take_over(self) -> None:
        """Make this process the one that works on the run, and clear away what the one before left unfinished.

        Raises
        ------
        RunError
            When another process works on it, or the disk refuses it.
        """
        with disk_errors_explained(self.folder), self._alone():
            if self.manifest().state is RunState.RUNNING:
                raise RunError(f"The run {self.id!r} is being worked on; wait for its end, or cancel it there.")
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
        with disk_errors_explained(self.folder):
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
        changes |= self._counts()
        if state is RunState.FINISHED:
            changes["schema_version"] = SCHEMA_VERSION
            waves = sorted(self._parts("wave"), key=first_row)
            with disk_errors_explained(self.folder):
                join_parts(waves, self.result_schema(), self.folder / EXPLANATIONS)
                join_parts(self._parts("tasks"), TASK_SCHEMA, self.folder / TASKS)
                join_parts(self._parts("blocks"), WORK_SCHEMA, self.folder / BLOCKS)
                measured = sorted(self._parts("stability"), key=first_row)
                if measured:
                    join_parts(measured, STABILITY_SCHEMA, self.folder / STABILITY)
        (self.folder / RESERVE).unlink(missing_ok=True)
        try:
            manifest = self.update(state=state, **changes)
        finally:
            _worked_on.discard(self.folder.resolve())
        if state is RunState.FINISHED:
            shutil.rmtree(self.folder / PARTS, ignore_errors=True)
        return manifest

    def discard(self) -> None:
        """Delete the run's folder."""
        shutil.rmtree(self.folder)

    def result_schema(self) -> pa.Schema:
        """Return the schema of the run's results."""
        return result_schema(profiles=bool(Manifest.read(self.folder / MANIFEST).explain.get("profiles")))

    def explanation_files(self) -> list[str]:
        """Return the files that hold what is explained so far."""
        return self._files(EXPLANATIONS, "wave")

    def task_files(self) -> list[str]:
        """Return the files that hold the finished tasks so far."""
        return self._files(TASKS, "tasks")

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

    def _files(self, joined: str, part: str) -> list[str]:
        whole = self.folder / joined
        return [str(whole)] if whole.exists() else [str(path) for path in self._parts(part)]

    def _parts(self, kind: str) -> list[Path]:
        """Return the parts of one kind, of waves that are whole."""
        parts = sorted((self.folder / PARTS).glob(f"{kind}-*.parquet"))
        return [part for part in parts if self._part("wave", _number(part)).exists()]

    def _part(self, kind: str, wave: int) -> Path:
        return self.folder / PARTS / f"{kind}-{wave:05d}.parquet"

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one process at a time take the run over; the system frees what a killed one has locked."""
        try:
            with FileLock(self.folder / PARTS / TAKEN, timeout=0):
                yield
        except Timeout as error:
            raise RunError(f"The run {self.id!r} is being taken over by another process.") from error

    def _reserve(self) -> None:
        (self.folder / RESERVE).write_bytes(bytes(RESERVED_BYTES))

    def _is_worked_on(self, owner: Owner) -> bool:
        """Tell whether a process works on the run; this one knows of itself, the others are alive or gone."""
        if owner.is_this_process():
            return self.folder.resolve() in _worked_on
        return owner.is_alive()


def check_free(folder: Path) -> None:
    """Raise `RunError` when a folder cannot become a run's: it holds something, or is a file."""
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{str(folder)!r} is a file; name a folder.")
    if folder.exists() and any(folder.iterdir()):
        raise RunError(f"The folder {str(folder)!r} is not empty; choose another one.")


def _number(part: Path) -> int:
    return int(part.stem.partition("-")[2])
