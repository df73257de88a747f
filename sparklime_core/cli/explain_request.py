"""Know again what the same command has begun: it is then finished, and not begun twice."""

import argparse
import json
from pathlib import Path
from typing import Any

from sparklime_core.cli.commands import option_defaults
from sparklime_core.data.dataset import Dataset
from sparklime_core.data.source_files import digest
from sparklime_core.errors import RunError
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.run import Run, check_free, holds_run
from sparklime_core.runs.stored_model import model_path

_CHANGES_NOTHING = frozenset({"command", "out", "master", "archive", "resume", "executors_write"}) | {
    *("conf", "source", "source_format", "source_option"),
    *("out_table", "format", "mode", "out_option", "only_new", "steps"),
}
"""What the explanation of a row does not depend on; the second and third line are of ``explain-table``."""

_CONTENTS = frozenset({"data", "model_file", "trained_in"})
"""Files and folders: what is in them counts, and not what they are called."""


def request_of(arguments: argparse.Namespace, table: Dataset) -> dict[str, Any]:
    """Return all that the result of a command depends on, as plain values for JSON."""
    left_out = _CHANGES_NOTHING | _CONTENTS
    asked = {name: value for name, value in vars(arguments).items() if name not in left_out}
    origin = table.report.origin
    asked["data"] = None if origin is None else origin.sha256
    model = arguments.model_file
    if arguments.trained_in is not None:
        model = model_path(arguments.trained_in)
    asked["model file"] = None if model is None else digest(model)
    found: dict[str, Any] = json.loads(json.dumps(asked, default=str))
    return found


def unusual(request: dict[str, Any], command: str) -> dict[str, Any]:
    """Return a request without options of the usual value, so that one of a later version is no difference."""
    usual = json.loads(json.dumps(option_defaults(command), default=str))
    return {name: value for name, value in request.items() if name not in usual or value != usual[name]}


def check_folder(out: Path) -> Manifest | None:
    """Return the manifest of the run that is in a folder; None where a new run can be made there.

    Raises
    ------
    RunError
        When something else is in the folder, or a run that no command has begun.
    """
    if holds_run(out):
        begun = Run(out).manifest()
        if begun.request:
            return begun
    check_free(out)
    return None


def check_same(out: Path, begun: Manifest, request: dict[str, Any]) -> None:
    """Raise `RunError` when the run in a folder was begun by another command."""
    before, now = unusual(begun.request, "explain"), unusual(request, "explain")
    names = [name for name in {**now, **before} if before.get(name) != now.get(name)]
    if names:
        raise RunError(
            f"The folder {str(out)!r} is not empty: it holds a run of another command (another "
            f"{', '.join(name.replace('_', ' ') for name in names)}); choose another folder."
        )
