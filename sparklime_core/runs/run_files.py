"""`RunFiles`: the files of a run's folder. Results are parts, one per wave, until the run ends and joins them."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pyarrow as pa

from sparklime_core.atomic_files import (
    clear_unfinished,
    is_unfinished,
    make_folder,
    remove_at_once,
    remove_file,
    remove_folder,
    sync,
    write_file,
)
from sparklime_core.explain.schema import STABILITY_SCHEMA, TASK_SCHEMA, WORK_SCHEMA
from sparklime_core.runs.inputs import DATA_FILE, INPUT_FILES
from sparklime_core.runs.manifest import Manifest, RunState
from sparklime_core.runs.parts import BLOCKS_KEY, COUNTS_KEY, WAVES_KEY, ExecutorParts, count_rows, part_name
from sparklime_core.runs.stored_tables import (
    BLOCKS,
    EXPLANATIONS,
    MANIFEST,
    PARTS,
    ROWS_FILE,
    STABILITY,
    TABLES,
    TASKS,
    damaged,
    first_row,
    join_parts,
    numbers_of,
    read_outcomes,
    state_of_file,
)

RESERVE = "reserve"
TAKEN = "taken"
RESERVED_BYTES = 64 * 1024
"""Room on the disk that a run holds while it is worked on: for the manifest that says that the disk is full."""

ATTEMPT = "attempt-"
"""Begin of the name of the folder, among the parts, of an attempt whose executors write."""

_FILES = (*INPUT_FILES, EXPLANATIONS, TASKS, BLOCKS, STABILITY, ROWS_FILE, RESERVE)
"""Everything in a run's folder but its manifest and its parts."""


@dataclass(frozen=True)
class RunFiles:
    """The files in a run's folder."""

    folder: Path

    @property
    def manifest(self) -> Path:
        """The manifest."""
        return self.folder / MANIFEST

    @property
    def data(self) -> Path:
        """The encoded table, which is written last of the inputs."""
        return self.folder / DATA_FILE

    @property
    def parts(self) -> Path:
        """The folder of the parts."""
        return self.folder / PARTS

    def place(self, kind: str) -> Path:
        """Return the folder of the parts of one kind."""
        own = self.folder / TABLES[kind]
        return own if own.is_dir() else self.parts

    @property
    def executors_write(self) -> bool:
        """Whether the executors write the parts, which then stay parts."""
        return (self.folder / EXPLANATIONS).is_dir()

    def let_executors_write(self, *, stability: bool) -> None:
        """Make the folders that executors write to; that of stability only where it is measured."""
        for kind, name in TABLES.items():
            if stability or kind != "stability":
                make_folder(self.folder / name)

    def begin_attempt(self, name: str, block_rows: int) -> ExecutorParts:
        """Make the folder of an attempt whose executors write."""
        attempt = make_folder(self.parts / f"{ATTEMPT}{name}")
        return ExecutorParts(
            attempt.absolute(), {kind: self.place(kind).absolute() for kind in TABLES}, block_rows
        )

    def end_attempts(self) -> None:
        """Shut out executors that write still; a part that they have put here is whole."""
        for attempt in self.parts.glob(f"{ATTEMPT}*"):
            remove_at_once(attempt)

    def part(self, kind: str, number: int) -> Path:
        """Return the part of a wave by its number, or, where executors write, by the first of its blocks."""
        name = part_name(kind, number) if self.executors_write else f"{kind}-{number:05d}.parquet"
        return self.place(kind) / name

    def parts_of(self, kind: str) -> list[Path]:
        """Return the parts of one kind that have their results.

        They are looked up by their names: a shared disk lists new files late.
        """
        results = sorted(self.place("wave").glob("wave-*.parquet"))
        parts = [self.part(kind, _number(part)) for part in results]
        return [part for part in parts if part.exists()]

    def tables(self, kind: str, *, needed: bool = False) -> list[str]:
        """Return the joined file, or the parts of a kind.

        Raises
        ------
        RunError
            When a finished run lacks a file that is needed.
        """
        whole = self.folder / TABLES[kind]
        files = [str(whole)] if whole.is_file() else [str(path) for path in self.parts_of(kind)]
        if needed and not files and Manifest.read(self.manifest).state is RunState.FINISHED:
            if whole.is_file():  # it has ended at this moment
                return [str(whole)]
            raise damaged(whole, "is missing")
        if needed and whole.is_dir():
            self._check_whole(kind)
        return files

    def _check_whole(self, kind: str) -> None:
        """Raise `RunError` when parts of a finished run are gone: nothing else would say so."""
        manifest = Manifest.read(self.manifest)
        if manifest.state is not RunState.FINISHED:
            return
        there, wanted = self.counts()["rows_explained"], manifest.rows_explained
        if there != wanted:
            raise damaged(self.folder / EXPLANATIONS, f"has {there} of the {wanted} rows that were explained")
        there, wanted = len(self.parts_of(kind)), len(self.parts_of("wave"))  # a part has a file of each kind
        if there != wanted:
            raise damaged(self.folder / TABLES[kind], f"has {there} of {wanted} parts")

    def version(self) -> str:
        """Return the version of the results: number of files, and digest of their names, sizes and times."""
        files = [(path.name, state_of_file(path)) for path in map(Path, self.tables("wave"))]
        return f"{len(files)}.{sha256(repr(files).encode()).hexdigest()[:12]}"

    def finished_blocks(self) -> tuple[set[int], int]:
        """Return the blocks that have their results, and the number of the next wave.

        Raises
        ------
        RunError
            When two parts have the same block: its rows would count twice.
        """
        blocks: set[int] = set()
        last = -1
        for part in self.parts_of("wave"):
            of_part = numbers_of(part, BLOCKS_KEY)
            if not blocks.isdisjoint(of_part):
                raise damaged(part, "has rows that another part has, too")
            blocks.update(of_part)
            last = max(last, *(numbers_of(part, WAVES_KEY) or [_number(part)]))
        return blocks, last + 1

    def counts(self) -> dict[str, int]:
        """Return ``rows_explained`` and ``rows_failed`` of the waves on the disk."""
        counts = [
            numbers_of(part, COUNTS_KEY) or count_rows(read_outcomes(part)) for part in self.parts_of("wave")
        ]
        return {
            "rows_explained": sum(explained for explained, _ in counts),
            "rows_failed": sum(failed for _, failed in counts),
        }

    def join(self, schema: pa.Schema) -> None:
        """Join the parts of each kind into one file, in row order; the parts that executors wrote stay parts."""
        if self.executors_write:
            self._settle()
            return
        join_parts(sorted(self.parts_of("wave"), key=first_row), schema, self.folder / EXPLANATIONS)
        join_parts(self.parts_of("tasks"), TASK_SCHEMA, self.folder / TASKS)
        join_parts(self.parts_of("blocks"), WORK_SCHEMA, self.folder / BLOCKS)
        measured = sorted(self.parts_of("stability"), key=first_row)
        if measured:
            join_parts(measured, STABILITY_SCHEMA, self.folder / STABILITY)

    def _settle(self) -> None:
        """Leave the parts that have their results: others read these folders, and would count the rest, too.

        An executor that was killed before it wrote the results of a part has left the other files of it.
        """
        for kind in TABLES:
            for part in sorted(self.place(kind).glob(f"{kind}-*.parquet")):
                if not self.part("wave", _number(part)).exists():
                    remove_file(part)
            sync(self.place(kind))  # their names; the parts themselves are on the disk

    def reserve(self) -> None:
        """Hold room on the disk for the last manifest."""
        write_file(self.folder / RESERVE, bytes(RESERVED_BYTES))

    def clear_unfinished(self) -> None:
        """Delete what a process that was killed has left unfinished."""
        for folder in (self.folder, self.parts):
            if folder.is_dir():
                clear_unfinished(folder)

    def clear(self) -> None:
        """Delete everything but the manifest and the file that holds the lock."""
        for name in _FILES:
            path = self.folder / name
            (remove_folder if path.is_dir() else remove_file)(path)
        self.clear_unfinished()
        for part in self.parts.glob("*.parquet"):
            remove_file(part)

    def others(self) -> list[Path]:
        """Return entries of the folder that are not left over from the beginning of a run."""
        entries = self.folder.iterdir() if self.folder.exists() else ()
        return [entry for entry in entries if not _is_left_over(entry)]


def _is_left_over(entry: Path) -> bool:
    """Return whether an entry is what a run begins with: its manifest unfinished, and no parts."""
    if entry.name == PARTS:
        return entry.is_dir() and {inner.name for inner in entry.iterdir()} <= {TAKEN}
    return is_unfinished(entry) and entry.name.startswith(MANIFEST)


def _number(part: Path) -> int:
    return int(part.stem.partition("-")[2])
