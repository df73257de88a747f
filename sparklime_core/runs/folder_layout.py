"""What is where in a run's folder."""

from pathlib import Path

EXPLANATIONS = "explanations.parquet"
TASKS = "tasks.parquet"
BLOCKS = "blocks.parquet"
STABILITY = "stability.parquet"
ROWS_FILE = "rows.parquet"
MANIFEST = "run.json"
PARTS = "parts"

TABLES = {"wave": EXPLANATIONS, "tasks": TASKS, "blocks": BLOCKS, "stability": STABILITY}
"""The kinds of parts, and what they become: a file into which the driver joins them, or, where executors write, a
folder that they are in from the beginning. Parquet is read from either in the same way."""


def run_folder(file: Path) -> Path:
    """Return the folder of the run that a file belongs to: the file's own, or the one above it for a part.

    A run's folder may have any name, also that of a folder of parts, so the manifest decides.
    """
    folder = file.parent
    may_hold_parts = folder.name in (PARTS, *TABLES.values())
    return folder.parent if may_hold_parts and (folder.parent / MANIFEST).exists() else folder


def is_index(file: Path) -> bool:
    """Return whether a file of a run is an index of its rows, which can be made again."""
    of_part = run_folder(file) != file.parent and file.parent.name == PARTS
    return file.name == ROWS_FILE or (of_part and file.name.startswith(f"{Path(ROWS_FILE).stem}-"))
