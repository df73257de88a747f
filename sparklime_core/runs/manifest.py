"""A run's manifest: what the run is a function of, its progress, and its measurements.

msgspec checks every type. cattrs would take a text for a list of its letters, and true for a number.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from sparklime_core.atomic_files import write_file
from sparklime_core.data.read_options import ReadOptions
from sparklime_core.errors import RunError, SettingsError, SparkLimeError
from sparklime_core.explain.settings import ExplainerSettings, ExplainSettings
from sparklime_core.models.settings import ModelSettings
from sparklime_core.process_identity import Owner
from sparklime_core.runs.facts import Count, ExecutorFacts, ModelFacts, TableFacts

Writers: TypeAlias = Literal["driver", "executors"]
"""Who writes the results of a run."""

EXECUTORS_WRITE = "SPARKLIME_EXECUTORS_WRITE"


def writers_from_environment() -> Writers:
    """Return who writes the results of the dashboard's runs: executors where the operator says so with ``1``.

    Raises
    ------
    SettingsError
        When the operator has set something else.
    """
    text = os.environ.get(EXECUTORS_WRITE, "").strip()
    if text not in ("", "0", "1"):
        raise SettingsError(f"{EXECUTORS_WRITE} must be 1 or 0, not {text!r}.")
    return "executors" if text == "1" else "driver"


class RunState(StrEnum):
    """State of a run.

    Attributes
    ----------
    RUNNING
        Waves are being explained.
    FINISHED
        Every row has its result.
    CANCELLED
        Stopped on request; finished waves are kept, and the run can be resumed.
    FAILED
        Stopped by an error; likewise.
    INTERRUPTED
        Its process ended before the run did; likewise. Never written: reading the manifest finds it.
    HALF_MADE
        Its process ended before the table and the model were stored: nothing to resume. Never written.
    """

    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    HALF_MADE = "half-made"

    def is_ended(self) -> bool:
        """Return whether no process works on the run."""
        return self is not RunState.RUNNING

    def is_resumable(self) -> bool:
        """Return whether rows are left to explain and no process explains them."""
        return self in (RunState.CANCELLED, RunState.FAILED, RunState.INTERRUPTED)


@dataclass(frozen=True)
class Manifest:
    """Everything about a run but its rows.

    Attributes
    ----------
    title
        Name of the run.
    state, error
        Its state, and the error that ended it.
    created
        UTC, ISO 8601.
    seconds
        Wall time of explaining, in all attempts together.
    phases
        Wall time by phase: reading, connecting, training, storing, preparing, broadcasting, explaining, writing.
    spent
        Seconds of the executors, over all tasks: ``tasks`` is their whole time; ``load``, ``model``, ``algebra``
        and ``packing`` are parts of it.
    master
        The Spark master that explains.
    rows, rows_explained, rows_failed
        Rows to explain; those with a result; those whose result is an error.
    seed, explain, explainer, training
        The settings.
    schema_version
        Of the results (`sparklime_core.explain.schema.SCHEMA_VERSION`); 1 in runs older than this entry.
    stability
        Number of pools from which stability is measured; 0: it is not measured.
    stability_rows
        On about how many rows it is measured; None: on all of them.
    selection
        ``"all"``, ``"test"`` or a number of rows.
    data, model
        The table and the model.
    versions
        Of Python and the packages that the result depends on.
    executors, links
        Executors that explained the rows; web pages by name.
    owner
        The process that works on the run.
    request
        Arguments of the command that made the run, to recognise the same command; empty for a run of the page.
    writers
        Who writes the results: the driver, or the executors to a folder that all of them reach.
    """

    title: str
    state: RunState
    created: str
    master: str
    rows: Count
    seed: int
    selection: str
    explain: ExplainSettings
    explainer: ExplainerSettings
    training: ModelSettings
    data: TableFacts
    model: ModelFacts
    versions: dict[str, str]
    owner: Owner
    schema_version: int = 1
    stability: Count = 0
    stability_rows: Annotated[int, msgspec.Meta(ge=1)] | None = None
    rows_explained: Count = 0
    rows_failed: Count = 0
    seconds: float = 0.0
    phases: dict[str, float] = field(default_factory=dict)
    spent: dict[str, float] = field(default_factory=dict)
    error: str | None = None
    executors: tuple[ExecutorFacts, ...] = ()
    links: dict[str, str] = field(default_factory=dict)
    logs: str | None = None
    application: str | None = None
    request: dict[str, Any] = field(default_factory=dict)
    writers: Writers = "driver"

    @property
    def measured_every(self) -> int:
        """The stability of one row in so many is measured."""
        return 1 if self.stability_rows is None else max(1, round(self.rows / self.stability_rows))

    def write(self, path: Path) -> None:
        """Write the manifest whole or not at all."""
        write_file(path, json.dumps(msgspec.to_builtins(self), indent=2, ensure_ascii=False))

    @classmethod
    def read(cls, path: Path) -> "Manifest":
        """Read a manifest; entries of a later version are left out.

        Raises
        ------
        RunError
            When there is none, or it is damaged.
        """
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            manifest = msgspec.convert(values, cls)
            _check_settings(values)
        except FileNotFoundError:
            raise RunError(f"There is no run in {str(path.parent)!r}.") from None
        except (OSError, ValueError, RecursionError, SparkLimeError) as error:
            reason = f" ({_in_words(error)})" if isinstance(error, msgspec.ValidationError) else ""
            raise RunError(
                f"The run in {str(path.parent)!r} is damaged: {path.name} is not the manifest of a run{reason}."
            ) from error
        return manifest


def settings_values(settings: ExplainSettings | ExplainerSettings | ModelSettings) -> dict[str, Any]:
    """Return settings as they stand in ``run.json``: by name, tuples as lists."""
    values: dict[str, Any] = msgspec.to_builtins(settings)
    return values


_ALWAYS_WRITTEN: dict[type, tuple[str, ...]] = {
    ExplainSettings: ("engine", "labels", "num_features", "num_samples", "seed"),
    ExplainerSettings: ("discretizer", "kernel_width"),
    ModelSettings: (),
    ReadOptions: ("missing_words",),
}
"""Settings that every version has written. A run that lacks a later one was made with its default."""


def _check_settings(values: dict[str, Any]) -> None:
    """Refuse unknown and missing settings: a default in their place would repeat another run without a word."""
    for place, settings, kind in _settings(values):
        names = [entry.name for entry in fields(kind)]
        unknown = sorted(settings.keys() - set(names))
        missing = [name for name in _ALWAYS_WRITTEN[kind] if name not in settings]
        if unknown:
            raise msgspec.ValidationError(f"{place} has the unknown setting {unknown[0]}")
        if missing:
            raise msgspec.ValidationError(f"{place}.{missing[0]} is missing")


def _settings(values: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], type]]:
    """Yield the settings of a manifest in JSON: place, values and class."""
    for name, kind in (
        ("explain", ExplainSettings),
        ("explainer", ExplainerSettings),
        ("training", ModelSettings),
    ):
        yield name, values[name], kind
    for name in ("report", "training_report"):
        origin = (values["data"].get(name) or {}).get("origin")
        if origin is not None:
            yield f"data.{name}.origin.options", origin["options"], ReadOptions


_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def _in_words(error: msgspec.ValidationError) -> str:
    """Return an error of msgspec with JSON's types in words, like "data.rows is not a whole number"."""
    text, _, place = str(error).partition(" - at `$")
    place = place.strip(".`") or "it"
    missing = re.match(r"Object missing required field `(\w+)`", text)
    expected = re.match(r"Expected `(\w+)[^`]*`(.*)", text)
    if missing:
        return f"{missing[1] if place == 'it' else f'{place}.{missing[1]}'} is missing"
    if expected is None:
        return text if place == "it" else f"{place}: {text}"
    return f"{place} is below 0" if ">= 0" in expected[2] else f"{place} is not {_WORDS[expected[1]]}"
