"""Lines that executors print about their work on standard error, and how to read them afterwards.

The proof of the original recipe: in each worker's ``stderr`` one sees the row, the broadcast model and explainer.
"""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from sparklime_core.errors import SparkError
from sparklime_core.explain.task import ExplainTask
from sparklime_core.explain.types import FloatArray
from sparklime_core.printable import printable
from sparklime_core.spark.executors.self_report import EMBEDDED, executor_id

MARK = "[sparklime]"
SHOWN_VALUES = 6
TAIL_BYTES = 256 * 1024

_APPLICATION = re.compile(r"app-[\w-]+")


@dataclass(frozen=True)
class ExecutorOutput:
    """What one executor printed.

    Attributes
    ----------
    executor
        Its id; ``"driver"`` in embedded mode.
    path
        The file.
    evidence
        The last lines by which it says what it explained, oldest first.
    tail
        The last lines of everything.
    """

    executor: str
    path: Path
    evidence: tuple[str, ...]
    tail: tuple[str, ...]


def say(text: str) -> None:
    """Print one line of evidence on an executor."""
    # In one piece, which print does not do here: in embedded Spark several workers write into one file.
    sys.stderr.write(f"{MARK} executor {executor_id()}, pid {os.getpid()}: {printable(text, None)}\n")
    sys.stderr.flush()


def log_row(task: ExplainTask, row: FloatArray, row_id: str, rows: int) -> None:
    """Print a block's first row: its id, if it has one, its values, the model and the explainer."""
    names = task.explainer.feature_names
    shown = ", ".join(
        f"{printable(name)}={value:g}" for name, value in zip(names, row[:SHOWN_VALUES], strict=False)
    )
    row_id = f"{row_id} " if row_id else ""
    more = f", and {len(row) - SHOWN_VALUES} more" if len(row) > SHOWN_VALUES else ""
    say(f"explains row {row_id}({shown}{more}) and {rows - 1} after it with {task.description}")


def cluster_outputs(logs: Path, application: str, lines: int = 50) -> list[ExecutorOutput]:
    """Read what the executors of an application on a local cluster printed.

    Parameters
    ----------
    logs
        The cluster's folder, `LocalCluster.logs`.
    application
        Spark's id of the application, ``app-...``.
    lines
        The most lines to return of each kind.

    Raises
    ------
    SparkError
        When this is no id of an application.
    """
    if not _APPLICATION.fullmatch(application):
        raise SparkError(f"There is no application {application!r} of a standalone cluster.")
    folder = logs / "work" / application
    paths = sorted(folder.glob("*/stderr"), key=lambda path: (len(path.parent.name), path.parent.name))
    return [_read(path.parent.name, path, lines) for path in paths]


def embedded_output(log: Path, lines: int = 50) -> ExecutorOutput:
    """Read what the Python workers of embedded Spark printed into the driver's log."""
    return _read(EMBEDDED, log, lines)


def _read(executor: str, path: Path, lines: int) -> ExecutorOutput:
    try:
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - TAIL_BYTES, 0))
            printed = file.read().decode(errors="replace").splitlines()
    except OSError as error:
        raise SparkError(f"The log {path} cannot be read: {error.strerror}.") from error
    evidence = [line for line in printed if line.startswith(MARK)]
    return ExecutorOutput(executor, path, tuple(evidence[-lines:]), tuple(printed[-lines:]))
