"""The command ``explain`` with its rows explained in this process: everything but Spark."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import pyarrow as pa

from sparklime_core.cli import main
from sparklime_core.explain.schema import TASK_SCHEMA
from sparklime_core.jobs.runner import task_of
from sparklime_core.runs.inputs import Inputs
from sparklime_core.runs.manifest import Manifest, RunState
from sparklime_core.runs.run import Run

BLOCKS = 2
"""Waves of a run, a block each."""

TABLE = "a,b,y\n" + "".join(f"{row % 7},{row * 5 % 11},{'yes' if row % 3 else 'no'}\n" for row in range(24))
SETTINGS = ["--target", "y", "--trees", "2", "--num-samples", "30", "--engine", "reference"]


def explain_here(folder: Path, *options: str) -> int:
    """Run ``explain`` on a folder's ``table.csv`` into its ``out``; return the exit code."""
    table, out = folder / "table.csv", folder / "out"
    with rows_explained_here():
        return main(["explain", str(table), "--out", str(out), *SETTINGS, *options])


@contextlib.contextmanager
def rows_explained_here() -> Iterator[None]:
    """Have no session, look for no traps, and explain a run's rows here, in waves like the real ones."""
    with (
        mock.patch("sparklime_core.cli.explain.session", return_value=contextlib.nullcontext()),
        mock.patch("sparklime_core.cli.explain.master_of", return_value="local[*]"),
        mock.patch("sparklime_core.cli.explain.explain_run", explain_run_here),
        mock.patch("sparklime_core.cli.explain.find_traps", return_value=()),
        mock.patch("os.fsync"),  # takes most of the time, and only a machine that fails needs it
    ):
        yield


def explain_run_here(
    _spark: None,
    run: Run,
    *,
    inputs: Inputs | None = None,
    phases: object = None,
    cancel: threading.Event | None = None,
    on_progress: Callable[..., None] | None = None,
) -> Manifest:
    """Explain the blocks that have no result yet, and finish the run."""
    inputs = inputs or run.inputs()
    task = task_of(inputs, run.manifest())
    finished, wave = run.finished_blocks()
    rows = -(-len(inputs.row_ids) // BLOCKS)
    for block in sorted(set(range(BLOCKS)) - finished):
        ids = inputs.row_ids[block * rows : (block + 1) * rows]
        explained = pa.Table.from_batches([task.explain(inputs.dataset.features[ids], ids)])
        run.append(wave, [block], task.vocabulary.decode(explained), _done(wave, len(ids)))
        wave += 1
    return run.finish(RunState.FINISHED, seconds=1.0)


def _done(wave: int, rows: int) -> pa.Table:
    task = {"wave": wave, "partition": 0, "attempt": 0, "executor": "0", "host": "here", "pid": 1, "rows": rows}
    return pa.Table.from_pylist(
        [{**task, "started": datetime(2024, 1, 2, tzinfo=UTC), "seconds": 0.5}], TASK_SCHEMA
    )
