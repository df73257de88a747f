"""``describe``: what would be done to a table, and why, before anything is trained."""

import argparse
import json
from dataclasses import asdict

from sparklime_core.cli.options import Commands
from sparklime_core.cli.output import say
from sparklime_core.cli.table_options import add_table_options, chosen_roles, read_dataset, read_options
from sparklime_core.data.read_options import Decision


def add_parser(commands: Commands) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("describe", help="say how a table is read and what each column is used for")
    parser.set_defaults(run=run)
    parser.add_argument("data", metavar="DATA", help="a CSV or Parquet file, or a folder of part files")
    parser.add_argument("--target", metavar="COLUMN", help="the column to predict")
    parser.add_argument("--json", action="store_true", help="for programs")
    add_table_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the report: of the columns alone, or with the roles they have for a target."""
    if arguments.target is None:
        return _columns_alone(arguments)
    report = read_dataset(arguments).report
    if arguments.json:
        say(json.dumps(asdict(report), indent=2))
        return 0
    _print_decisions(report.rows, report.decisions)
    for column in report.columns:
        say(f"  {column.name!r}: {column.role}, since {column.reason}")
        for note in column.notes:
            say(f"      {note}")
    return 0


def _columns_alone(arguments: argparse.Namespace) -> int:
    from sparklime_core.data.read_table import read_table  # noqa: PLC0415 - takes a second

    reading = read_table(arguments.data, read_options(arguments), header_names=list(chosen_roles(arguments)))
    columns = [
        {"name": column.name, "kind": column.kind, "reason": column.reason, "notes": list(column.notes)}
        for column in reading.columns
    ]
    if arguments.json:
        decisions = [asdict(decision) for decision in reading.decisions]
        say(json.dumps({"rows": reading.rows, "columns": columns, "decisions": decisions}, indent=2))
        return 0
    _print_decisions(reading.rows, reading.decisions)
    for column in columns:
        say(f"  {column['name']!r}: {column['kind']}, since {column['reason']}")
    return 0


def _print_decisions(rows: int, decisions: tuple[Decision, ...]) -> None:
    say(f"{rows} rows")
    for decision in decisions:
        say(f"  {decision.what}: {decision.value}, since {decision.reason}")
    say("columns")
