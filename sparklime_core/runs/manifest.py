"""A run's manifest: what it is a function of, how far it is, and what it measured. Written last, read first."""

import json
import os
import socket
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

import psutil

from sparklime_core.atomic_files import atomic_write
from sparklime_core.errors import RunError


class RunState(StrEnum):
    """Where a run is in its life.

    Attributes
    ----------
    RUNNING
        Waves are being explained.
    FINISHED
        Every row has its result.
    CANCELLED
        Stopped on request; what was finished is kept, and the run can be resumed.
    FAILED
        Stopped by an error; likewise.
    INTERRUPTED
        Its process ended before the run did; likewise. Never written, found when the manifest is read.
    """

    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    def is_ended(self) -> bool:
        """Return whether nothing works on the run any more."""
        return self is not RunState.RUNNING

    def is_resumable(self) -> bool:
        """Return whether rows are left to explain and nobody explains them."""
        return self in (RunState.CANCELLED, RunState.FAILED, RunState.INTERRUPTED)


@dataclass(frozen=True)
class Owner:
    """The process that works on a run, told from others that had its number."""

    host: str
    pid: int
    started: float

    @classmethod
    def this_process(cls) -> "Owner":
        """Return the process that asks."""
        return cls(socket.gethostname(), os.getpid(), psutil.Process().create_time())

    def is_this_process(self) -> bool:
        """Return whether it is the process that asks."""
        return self.host == socket.gethostname() and self.pid == os.getpid() and self.is_alive()

    def is_alive(self) -> bool:
        """Return whether it still runs; a process on another host is taken to."""
        if self.host != socket.gethostname():
            return True
        try:
            return abs(psutil.Process(self.pid).create_time() - self.started) < 1
        except psutil.NoSuchProcess:
            return False


@dataclass(frozen=True)
class Manifest:
    """Everything about a run but its rows.

    Attributes
    ----------
    title
        What people call the run.
    state, error
        Where it is, and what ended it if that was an error.
    created
        UTC, ISO 8601.
    seconds
        Wall time of explaining, all sittings together.
    phases
        Wall time by phase: reading, connecting, training, storing, preparing, broadcasting, explaining, writing.
    spent
        Seconds of the executors, all tasks together: ``tasks`` whole, and in them ``load``, ``model``, ``algebra``
        and ``packing``.
    master
        The Spark master that explains.
    rows, rows_explained, rows_failed
        Rows to explain; those with a result; those of them whose result is an error.
    seed, explain, explainer, training
        The settings, as dictionaries.
    schema_version
        Of the results (`sparklime_core.explain.schema.SCHEMA_VERSION`); 1 in runs of before it was written down.
    stability
        From how many pools stability is measured; 0: it is not.
    selection
        ``"all"``, ``"test"`` or a number of rows.
    data, model
        Facts for people: names, shapes, metrics.
    versions
        Of Python and the packages that the result depends on.
    executors, links
        What explained the rows: executors with cores and memory; web pages by name.
    owner
        The process that works on it.
    """

    title: str
    state: RunState
    created: str
    master: str
    rows: int
    seed: int
    selection: str
    explain: dict[str, Any]
    explainer: dict[str, Any]
    training: dict[str, Any]
    data: dict[str, Any]
    model: dict[str, Any]
    versions: dict[str, str]
    schema_version: int = 1
    stability: int = 0
    rows_explained: int = 0
    rows_failed: int = 0
    seconds: float = 0.0
    phases: dict[str, float] = field(default_factory=dict)
    spent: dict[str, float] = field(default_factory=dict)
    error: str | None = None
    executors: list[dict[str, Any]] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    logs: str | None = None
    application: str | None = None
    owner: Owner = field(default_factory=Owner.this_process)

    def write(self, path: Path) -> None:
        """Write the manifest whole or not at all."""
        with atomic_write(path) as temporary:
            temporary.write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Manifest":
        """Read a manifest.

        Raises
        ------
        RunError
            When there is none, or it is not one of ours.
        """
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            known = {entry.name for entry in fields(cls)}
            values = {name: value for name, value in values.items() if name in known}
            values["owner"] = Owner(**values["owner"])
            values["state"] = RunState(values["state"])
            manifest = cls(**values)
        except FileNotFoundError:
            raise RunError(f"There is no run in {str(path.parent)!r}.") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunError(f"The file {str(path)!r} is not the manifest of a run.") from error
        return manifest
