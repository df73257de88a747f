"""Parse the command line, run the command, and turn what goes wrong into one line and an exit code."""

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from sparklime_core.cli import cluster, describe, doctor, explain, explain_table, export, pack, sample
from sparklime_core.cli.options import BAD_INPUT, INTERRUPTED
from sparklime_core.errors import CancelledError, SparkLimeError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code: 0, 2 after bad input, 130 when interrupted."""
    parser = _Parser(prog="sparklime", description="Distributed LIME on Apache Spark.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in (explain, explain_table, describe, export, cluster, doctor, pack, sample):
        command.add_parser(commands)
    try:
        chosen = parser.parse_args(arguments)
        return int(chosen.run(chosen))
    except SparkLimeError as error:
        if isinstance(error, CancelledError):
            return INTERRUPTED
        print(f"sparklime: {' '.join(str(error).split())}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED


class _Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}; see {self.prog} --help.", file=sys.stderr)
        raise SystemExit(BAD_INPUT)
