"""``explain``: a CSV file to a folder of explanations; what the same command has begun is finished."""

import argparse
import dataclasses
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sparklime_core.cli.commands import INTERRUPTED, option_defaults
from sparklime_core.cli.options import check_model, check_target, interruptible, model_settings, own_model, session
from sparklime_core.cli.output import say
from sparklime_core.cli.progress import ProgressLine
from sparklime_core.cli.table_options import read_dataset
from sparklime_core.data.build_dataset import read_rows
from sparklime_core.data.dataset import Dataset
from sparklime_core.data.read_options import ReadOptions
from sparklime_core.data.source_files import digest
from sparklime_core.errors import RunError, SettingsError, SparkLimeError
from sparklime_core.explain.settings import ExplainerSettings, ExplainSettings, RunSettings
from sparklime_core.jobs.plan import RunPlan, plan_new_rows
from sparklime_core.jobs.runner import Phases, explain_run
from sparklime_core.models.train import train_with
from sparklime_core.models.traps.find_traps import find_traps
from sparklime_core.runs.inputs import model_path
from sparklime_core.runs.manifest import Manifest, RunState, Writers
from sparklime_core.runs.run import Run, check_free, holds_run
from sparklime_core.spark.session.connect import given_session, master_of

_CHANGES_NOTHING = frozenset({"command", "out", "master", "archive", "resume", "executors_write"}) | {
    *("conf", "source", "source_format", "source_option"),
    *("out_table", "format", "mode", "out_option", "only_new", "steps"),
}
"""What the explanation of a row does not depend on; the last two lines are options of ``explain-table``."""

_CONTENTS = frozenset({"data", "model_file", "trained_in"})
"""Files and folders: what is in them counts, and not what they are called."""


def run(arguments: argparse.Namespace) -> int:
    """Carry the command out; return its exit code."""
    line = ProgressLine()
    try:
        if arguments.resume and holds_run(arguments.out):
            ended = _resume(arguments, line)
        else:
            ended = _start(arguments, line)
    finally:
        line.close()
    _summarise(arguments.out, ended)
    return INTERRUPTED if ended.state is RunState.CANCELLED else 0


def _start(arguments: argparse.Namespace, line: ProgressLine) -> Manifest:
    """Read, connect, train and explain, in this order: what fails early costs nothing.

    Where the folder holds a run of the same command, that run is finished in place of a new one.
    """
    phases = Phases()
    phases.begin("reading")
    _check_new(arguments)
    begun = _check_folder(arguments.out)
    options = vars(arguments)
    explain, explainer = ExplainSettings.from_options(options), ExplainerSettings.from_options(options)
    line.say(f"reading {arguments.data}")
    make_plan = _plan_new_rows if arguments.trained_in is not None else _plan_table
    planned, table = make_plan(arguments, explain, explainer)
    request = request_of(arguments, table)
    if begun is not None:
        _check_same(arguments.out, begun, request)
        return _resume(arguments, line)
    phases.begin("connecting")
    with session(arguments.master, line, arguments.archive) as spark:
        phases.begin("training")
        plan = _train(arguments, planned, line)
        phases.begin("storing")
        inputs = plan.inputs()

        def work(cancel: threading.Event) -> Manifest:
            writers: Writers = "executors" if arguments.executors_write else "driver"
            manifest = dataclasses.replace(plan.manifest(master_of(spark)), request=request, writers=writers)
            new = Run.create(arguments.out, manifest, inputs)
            try:
                return explain_run(spark, new, inputs=inputs, phases=phases, cancel=cancel, on_progress=line.show)
            except SparkLimeError:
                if not new.finished_blocks()[0]:
                    new.discard()
                raise

        return interruptible(work)


def _train(arguments: argparse.Namespace, planned: Callable[[], RunPlan], line: ProgressLine) -> RunPlan:
    """Return the plan with its model, and warn of traps in it."""
    line.say("preparing the model")
    measured = {"stability": arguments.stability, "stability_rows": arguments.stability_rows}
    plan = dataclasses.replace(planned(), **measured)
    if arguments.trained_in is None:
        for sentence in _traps(plan, line):
            line.warn(sentence)
    return plan


def _traps(plan: RunPlan, line: ProgressLine) -> list[str]:
    """Return the sentences of traps in the model; a failure of the search for them is a sentence, too."""
    line.say("looking for traps")
    try:
        return [trap.sentence for trap in find_traps(plan.model, plan.dataset)]
    except SparkLimeError as error:
        return [str(error)]


def _plan_table(
    arguments: argparse.Namespace, explain: ExplainSettings, explainer: ExplainerSettings
) -> tuple[Callable[[], RunPlan], Dataset]:
    """Read the table and what else may be wrong; return how to plan a run, which may train, and the table."""
    settings = model_settings(arguments)
    dataset = read_dataset(arguments)
    if (own := own_model(arguments, dataset)) is not None:
        plan = RunPlan(dataset, own, explain, explainer, arguments.rows)
        return lambda: plan, dataset
    return lambda: RunPlan(dataset, train_with(dataset, settings), explain, explainer, arguments.rows), dataset


def _plan_new_rows(
    arguments: argparse.Namespace, explain: ExplainSettings, explainer: ExplainerSettings
) -> tuple[Callable[[], RunPlan], Dataset]:
    """Read the new rows as the earlier run's table was read."""
    earlier = Run(arguments.trained_in)
    learnt = earlier.inputs().learnt_from
    check_target(arguments, learnt)
    new = read_rows(arguments.data, learnt.encoding, options=ReadOptions.from_options(vars(arguments)))
    plan = plan_new_rows(earlier, new, explain, explainer, arguments.rows)
    return lambda: plan, new


def _resume(arguments: argparse.Namespace, line: ProgressLine) -> Manifest:
    """Explain what is left of the run in the folder, with the settings that it was begun with."""
    stored = Run(arguments.out)
    manifest = stored.manifest()
    if not manifest.state.is_ended():
        raise RunError(f"The run in {str(arguments.out)!r} is still running, as process {manifest.owner.pid}.")
    if not manifest.state.is_resumable():
        stored.tidy()
        return manifest
    _warn_of_writers(arguments, stored, line)
    usual = manifest.master if given_session() is None else None
    with session(arguments.master or usual, line, arguments.archive) as spark:

        def work(cancel: threading.Event) -> Manifest:
            stored.take_over()
            return explain_run(spark, stored, cancel=cancel, on_progress=line.show)

        return interruptible(work)


def _warn_of_writers(arguments: argparse.Namespace, stored: Run, line: ProgressLine) -> None:
    """Warn that a run's results are written as they were begun, where the command asks for the other way."""
    writes, asked = stored.executors_write, arguments.executors_write
    if writes != asked and (asked or not arguments.resume):  # --resume goes on with the run's own settings
        who = "its executors write" if writes else "the driver writes"
        line.warn(
            f"The run in {str(arguments.out)!r} goes on as it was begun: {who} its results; "
            "to change that, explain the table to another folder."
        )


def _check_new(arguments: argparse.Namespace) -> None:
    if arguments.data is None and arguments.resume:
        raise RunError(
            f"There is no run in {str(arguments.out)!r} to resume, or it was cut off while its table was stored; "
            "give the whole command again."
        )
    if arguments.data is None:
        raise SettingsError("Name the CSV file to explain.")
    if arguments.target is None and arguments.trained_in is None:
        raise SettingsError("Name the column to predict with --target.")
    RunSettings.from_options(vars(arguments))
    check_model(arguments)


def _summarise(folder: Path, ended: Manifest) -> None:
    speed = ended.rows_explained / ended.seconds if ended.seconds else 0.0
    failed = f", {ended.rows_failed} of them failed" if ended.rows_failed else ""
    say(f"{ended.rows_explained} rows explained{failed} in {ended.seconds:.1f} s ({speed:.0f} rows/s) -> {folder}")
    if ended.state.is_resumable():
        say(f"The run is {ended.state.value}; the same command with --resume explains the other rows.")


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


def _check_folder(out: Path) -> Manifest | None:
    """Return the manifest of the run that is in a folder; None where a new run can be made there."""
    if holds_run(out):
        begun = Run(out).manifest()
        if begun.request:
            return begun
    check_free(out)
    return None


def _check_same(out: Path, begun: Manifest, request: dict[str, Any]) -> None:
    """Raise `RunError` when the run in a folder was begun by another command."""
    before, now = unusual(begun.request, "explain"), unusual(request, "explain")
    names = [name for name in {**now, **before} if before.get(name) != now.get(name)]
    if names:
        raise RunError(
            f"The folder {str(out)!r} is not empty: it holds a run of another command (another "
            f"{', '.join(name.replace('_', ' ') for name in names)}); choose another folder."
        )
