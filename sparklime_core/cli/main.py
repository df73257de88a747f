"""Parse the command line, run the command, and turn what goes wrong into one line and an exit code."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from sparklime_core.cli import (
    cluster,
    dashboard,
    describe,
    doctor,
    explain,
    explain_table,
    export,
    pack,
    prepare,
    sample,
)
from sparklime_core.cli.options import BAD_INPUT, INTERRUPTED
from sparklime_core.cli.output import complain
from sparklime_core.errors import CancelledError, SparkLimeError
from sparklime_core.extras import extras_named

BROKEN_PIPE = 141
"""What a shell reports of a program that wrote into a closed pipe."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code: 0, 2 after bad input, 130 when interrupted."""
    parser = _Parser(prog="sparklime", description="Distributed LIME on Apache Spark.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in (dashboard, explain, explain_table, describe, export, cluster, doctor, pack, prepare, sample):
        command.add_parser(commands)
    try:
        chosen = parser.parse_args(arguments)
        with extras_named():
            return int(chosen.run(chosen))
    except SparkLimeError as error:
        if isinstance(error, CancelledError):
            return INTERRUPTED
        complain(f"sparklime: {error}")
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever reads the output has had enough, as `head` has. What is left to write goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except OSError as error:  # of a file or folder that no command has foreseen
        place = "A file" if error.filename is None else f"The file or folder {str(error.filename)!r}"
        complain(f"sparklime: {place} cannot be used: {error.strerror or error}.")
        return BAD_INPUT


class _Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        complain(f"{self.prog}: {message}; see {self.prog} --help.")
        raise SystemExit(BAD_INPUT)
