"""``describe``: what would be done to a table, and why, before anything is trained."""

import argparse
import json
from dataclasses import asdict

from sparklime_core.cli.output import say
from sparklime_core.cli.table_options import chosen_roles, read_dataset
from sparklime_core.data.read_options import Decision, ReadOptions
from sparklime_core.data.read_table import read_table


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
    options = ReadOptions.from_options(vars(arguments))
    reading = read_table(arguments.data, options, header_names=list(chosen_roles(arguments)))
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
