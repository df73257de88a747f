"""A run's manifest: what it is a function of, how far it is, and what it measured. Written first, read first."""

import functools
import json
import os
import socket
from dataclasses import MISSING, asdict, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, get_type_hints

from sparklime_core.atomic_files import write_file
from sparklime_core.data.provenance import Origin
from sparklime_core.errors import RunError, SparkLimeError
from sparklime_core.explain.settings import ExplainerSettings, ExplainSettings
from sparklime_core.models.settings import ModelSettings
from sparklime_core.process_identity import process_start
from sparklime_core.runs.manifest_shape import (
    DataShape,
    ExecutorShape,
    ExplainerShape,
    ExplainShape,
    ModelShape,
    misfit,
)


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
    HALF_MADE
        Its process ended before the run's table and model were stored: there is nothing to resume. Never written.
    """

    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    HALF_MADE = "half-made"

    def is_ended(self) -> bool:
        """Return whether nothing works on the run any more."""
        return self is not RunState.RUNNING

    def is_resumable(self) -> bool:
        """Return whether rows are left to explain and nobody explains them."""
        return self in (RunState.CANCELLED, RunState.FAILED, RunState.INTERRUPTED)


@dataclass(frozen=True)
class Owner:
    """The process that works on a run.

    Attributes
    ----------
    host, pid
        Its machine, and its number there.
    started
        What tells it from others that had its number; see `process_start`.
    """

    host: str
    pid: int
    started: str | float | None

    @classmethod
    def this_process(cls) -> "Owner":
        """Return the process that asks."""
        return cls.of(os.getpid())

    @classmethod
    def of(cls, pid: int) -> "Owner":
        """Return a process of this machine."""
        return cls(socket.gethostname(), pid, process_start(pid))

    def is_this_process(self) -> bool:
        """Return whether it is the process that asks."""
        return self == Owner.this_process()

    def is_alive(self) -> bool:
        """Return whether it still runs; a process on another host is taken to."""
        return self.host != socket.gethostname() or process_start(self.pid) == self.started is not None


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
    request
        What the command line was asked, by which the same command is known again; empty for a run of the page.
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
    request: dict[str, Any] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Write the manifest whole or not at all."""
        write_file(path, json.dumps(asdict(self), indent=2, ensure_ascii=False))

    @classmethod
    def read(cls, path: Path) -> "Manifest":
        """Read a manifest, and check that it holds what the code that uses it relies on.

        Raises
        ------
        RunError
            When there is none, or it is damaged.
        """
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(values, dict):
                raise _ShapeError("it is not an object")
            _check(values)
            known = {entry.name for entry in fields(cls)}
            values = {name: value for name, value in values.items() if name in known}
            values["owner"] = Owner(**{entry.name: values["owner"][entry.name] for entry in fields(Owner)})
            values["state"] = RunState(values["state"])
            return cls(**values)
        except FileNotFoundError:
            raise RunError(f"There is no run in {str(path.parent)!r}.") from None
        except (OSError, ValueError, KeyError, TypeError, RecursionError, SparkLimeError) as error:
            reason = f" ({error})" if isinstance(error, _ShapeError) else ""
            raise RunError(
                f"The run in {str(path.parent)!r} is damaged: {path.name} is not the manifest of a run{reason}."
            ) from error


class _ShapeError(ValueError):
    """What a manifest lacks, in words."""


_SHAPES = {
    "explain": ExplainShape,
    "explainer": ExplainerShape,
    "data": DataShape,
    "model": ModelShape,
    "executors": list[ExecutorShape],
}
"""What code reads of the parts of a manifest by name."""


def _check(values: dict[str, Any]) -> None:
    """Raise an error where a manifest lacks something, or has another type there."""
    for name, kind in _kinds().items():
        wrong = misfit(values[name], kind, name) if name in values else _missing(name)
        if wrong is not None:
            raise _ShapeError(wrong)
    for name in ("rows", "rows_explained", "rows_failed", "stability"):
        if values.get(name, 0) < 0:
            raise _ShapeError(f"{name} is below 0")
    ExplainSettings(**{**values["explain"], "labels": _labels(values["explain"]["labels"])})
    ExplainerSettings(**values["explainer"])
    ModelSettings(**values["training"])
    for report in (values["data"]["report"], values["data"].get("training_report") or {}):
        if report.get("origin") is not None:
            Origin.from_dict(report["origin"])


def _missing(name: str) -> str | None:
    """Return the words for a part that a manifest lacks; None where one of before may lack it."""
    part = next(entry for entry in fields(Manifest) if entry.name == name)
    has_default = part.default is not MISSING or part.default_factory is not MISSING
    return None if has_default and name != "owner" else f"{name} is missing"


@functools.cache
def _kinds() -> dict[str, Any]:
    """Return the type of each part of a manifest in JSON."""
    return {**get_type_hints(Manifest), **_SHAPES, "state": str, "owner": dict[str, Any]}


def _labels(labels: str | list[int]) -> str | tuple[int, ...]:
    return labels if isinstance(labels, str) else tuple(labels)
