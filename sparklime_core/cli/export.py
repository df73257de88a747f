"""``export``: what a run explained, as a file to take away."""

import argparse
import sys
from pathlib import Path

from sparklime_core.atomic_files import write_output
from sparklime_core.cli.output import say
from sparklime_core.errors import SettingsError
from sparklime_core.runs import reproduce
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.query import export
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from sparklime_core.runs.stored_tables import MANIFEST


def run(arguments: argparse.Namespace) -> int:
    """Write the file, or print it."""
    if arguments.row is not None and arguments.form != "report":
        raise SettingsError("--row is for --as report.")
    content = _content(find_run(arguments.source), arguments)
    if arguments.out is None:
        sys.stdout.buffer.write(content)
        return 0
    write_output(arguments.out, content)
    say(arguments.out)
    return 0


def find_run(source: str) -> Run:
    """Return the run in a folder, or the one of this id in the store of the dashboard.

    Raises
    ------
    RunError
        When it is neither.
    """
    folder = Path(source)
    if (folder / MANIFEST).is_file():
        return Run(folder.resolve())
    return RunStore.default().open(source)


def _content(found: Run, arguments: argparse.Namespace) -> bytes:
    every = RowFilter()
    if arguments.form == "script":
        return reproduce.python_script(found).encode()
    if arguments.form == "command":
        return f"{reproduce.command_line(found)}\n".encode()
    if arguments.form == "report":
        return _report(found, arguments.row)
    if arguments.form == "reasons":
        return export.reasons_csv(found, every, reasons=arguments.reasons)
    if arguments.form == "profiles":
        return export.profiles_csv(found, every)
    make = export.explanations_csv if arguments.form == "csv" else export.explanations_parquet
    return make(found, every)


def _report(found: Run, row: int | None) -> bytes:
    from sparklime_core.reports.row_report import row_report  # noqa: PLC0415 - charts come with an extra
    from sparklime_core.reports.run_report import run_report  # noqa: PLC0415

    return run_report(found) if row is None else row_report(found, row)
