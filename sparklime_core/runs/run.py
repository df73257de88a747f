"""A run: a folder with its manifest, its inputs, and its results, wave by wave and at the end whole."""

import dataclasses
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sparklime_core.errors import RunError
from sparklime_core.explain.schema import RESULT_SCHEMA, TASK_SCHEMA
from sparklime_core.runs.inputs import Inputs, read_inputs, write_inputs
from sparklime_core.runs.manifest import Manifest, Owner, RunState

EXPLANATIONS = "explanations.parquet"
TASKS = "tasks.parquet"
MANIFEST = "run.json"
PARTS = "parts"
_BLOCKS = b"blocks"


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
        try:
            (folder / PARTS).mkdir(parents=True)
            write_inputs(inputs, folder)
            manifest.write(folder / MANIFEST)
        except OSError as error:
            raise RunError(f"The folder {str(folder)!r} cannot be written: {error.strerror}.") from error
        return cls(folder)

    def manifest(self) -> Manifest:
        """Read the manifest; a run whose process is gone is ``INTERRUPTED``."""
        manifest = Manifest.read(self.folder / MANIFEST)
        if manifest.state is RunState.RUNNING and not manifest.owner.is_alive():
            return dataclasses.replace(manifest, state=RunState.INTERRUPTED)
        return manifest

    def update(self, **changes: Any) -> Manifest:
        """Change entries of the manifest; return the new one."""
        manifest = dataclasses.replace(Manifest.read(self.folder / MANIFEST), **changes)
        manifest.write(self.folder / MANIFEST)
        return manifest

    def inputs(self) -> Inputs:
        """Read the table, the model and the rows to explain."""
        return read_inputs(self.folder)

    def take_over(self) -> None:
        """Make this process the one that works on the run."""
        self.update(state=RunState.RUNNING, owner=Owner.this_process(), error=None)

    def append(self, wave: int, blocks: Sequence[int], explanations: pa.Table, tasks: pa.Table) -> None:
        """Keep a finished wave, whole or not at all: its results (`RESULT_SCHEMA`) and tasks (`TASK_SCHEMA`)."""
        named = explanations.replace_schema_metadata({_BLOCKS: ",".join(map(str, blocks)).encode()})
        _write(tasks.cast(TASK_SCHEMA), self.folder / PARTS / f"tasks-{wave:05d}.parquet")
        _write(named, self.folder / PARTS / f"wave-{wave:05d}.parquet")

    def finished_blocks(self) -> tuple[set[int], int]:
        """Return the blocks that have their results, and the number of the next wave."""
        blocks: set[int] = set()
        waves = self._parts("wave")
        for part in waves:
            blocks.update(int(block) for block in pq.read_schema(part).metadata[_BLOCKS].split(b",") if block)
        return blocks, 1 + max((int(part.stem.partition("-")[2]) for part in waves), default=-1)

    def finish(self, state: RunState, **changes: Any) -> Manifest:
        """End the run; a finished one has its parts joined into one file each, in row order."""
        if state is RunState.FINISHED:
            waves = sorted(self._parts("wave"), key=_first_row)
            _join(waves, RESULT_SCHEMA, self.folder / EXPLANATIONS)
            _join(self._parts("tasks"), TASK_SCHEMA, self.folder / TASKS)
        manifest = self.update(state=state, **changes)
        if state is RunState.FINISHED:
            shutil.rmtree(self.folder / PARTS, ignore_errors=True)
        return manifest

    def discard(self) -> None:
        """Delete the run's folder."""
        shutil.rmtree(self.folder)

    def explanation_files(self) -> list[str]:
        """Return the files that hold what is explained so far."""
        return self._files(EXPLANATIONS, "wave")

    def task_files(self) -> list[str]:
        """Return the files that hold the finished tasks so far."""
        return self._files(TASKS, "tasks")

    def _files(self, joined: str, part: str) -> list[str]:
        whole = self.folder / joined
        return [str(whole)] if whole.exists() else [str(path) for path in self._parts(part)]

    def _parts(self, kind: str) -> list[Path]:
        return sorted((self.folder / PARTS).glob(f"{kind}-*.parquet"))


def check_free(folder: Path) -> None:
    """Raise `RunError` when a folder cannot become a run's: it holds something, or is a file."""
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{str(folder)!r} is a file; name a folder.")
    if folder.exists() and any(folder.iterdir()):
        raise RunError(f"The folder {str(folder)!r} is not empty; choose another one.")


def _first_row(part: Path) -> int:
    first = pc.min(pq.read_table(part, columns=["row_id"])["row_id"]).as_py()
    return -1 if first is None else int(first)


def _write(table: pa.Table, path: Path) -> None:
    """Write a Parquet file whole or not at all."""
    temporary = path.with_suffix(".tmp")
    pq.write_table(table, temporary)
    temporary.replace(path)


def _join(parts: Sequence[Path], schema: pa.Schema, path: Path) -> None:
    temporary = path.with_suffix(".tmp")
    with pq.ParquetWriter(temporary, schema) as writer:
        for part in parts:
            writer.write_table(pq.read_table(part).cast(schema))
    temporary.replace(path)
