"""``export``: what a run explained, as a file to take away."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sparklime_core.atomic_files import write_output
from sparklime_core.cli.options import Commands
from sparklime_core.cli.output import say
from sparklime_core.errors import SettingsError

if TYPE_CHECKING:
    from sparklime_core.runs.run import Run

FORMS = {
    "csv": "one line a weight",
    "parquet": "one row a label, with the result's columns",
    "profiles": "CSV with one line a bin of a feature: how often it comes around the row, and what it does",
    "reasons": "CSV with one line a row: its strongest reasons in words",
    "report": "one HTML page that opens anywhere, of the run or, with --row, of a row",
    "script": "a Python script that repeats the run",
    "command": "the command line that repeats the run",
}


def add_parser(commands: Commands) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("export", help="write what a run explained as a file to take away")
    parser.set_defaults(run=run)
    parser.add_argument("source", metavar="RUN", help="a run's folder, or the id of one of the dashboard's runs")
    forms = "; ".join(f"{name}: {what}" for name, what in FORMS.items())
    parser.add_argument("--as", dest="form", required=True, choices=FORMS, help=forms)
    parser.add_argument("--out", type=Path, metavar="FILE", help="default: standard output")
    parser.add_argument("--row", type=int, metavar="ROW", help="the row of a report, from 0")
    parser.add_argument("--reasons", type=int, default=3, metavar="K", help="reasons a line; default 3")


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


def find_run(source: str) -> "Run":
    """Return the run in a folder, or the one of this id in the store of the dashboard.

    Raises
    ------
    RunError
        When it is neither.
    """
    from sparklime_core.runs.run import MANIFEST, Run  # noqa: PLC0415 - takes a second
    from sparklime_core.runs.store import RunStore  # noqa: PLC0415

    folder = Path(source)
    if (folder / MANIFEST).is_file():
        return Run(folder.resolve())
    return RunStore.default().open(source)


def _content(found: "Run", arguments: argparse.Namespace) -> bytes:
    from sparklime_core.runs import export, reproduce  # noqa: PLC0415 - takes a second
    from sparklime_core.runs.row_filter import RowFilter  # noqa: PLC0415

    every = RowFilter()
    regression = found.manifest().data.is_regression
    if arguments.form == "script":
        return reproduce.python_script(found).encode()
    if arguments.form == "command":
        return f"{reproduce.command_line(found)}\n".encode()
    if arguments.form == "report":
        return _report(found, arguments.row)
    if arguments.form == "reasons":
        return export.reasons_csv(found, every, regression=regression, reasons=arguments.reasons)
    if arguments.form == "profiles":
        return export.profiles_csv(found, every, regression=regression)
    make = export.explanations_csv if arguments.form == "csv" else export.explanations_parquet
    return make(found, every, regression=regression)


def _report(found: "Run", row: int | None) -> bytes:
    from sparklime_core.reports.row_report import row_report  # noqa: PLC0415 - takes seconds
    from sparklime_core.reports.run_report import run_report  # noqa: PLC0415

    return run_report(found) if row is None else row_report(found, row)
