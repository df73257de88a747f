"""The command line: the same jobs without a browser.

`main` parses it, runs the command, and turns what goes wrong into one line and an exit code.

argparse is kept; click 8.5 with a lazily loaded group was tried. There ``--help`` of one command imports all that
the command works with (``explain``: 2.8 s, here 0.1 s), unless its options stand apart from it, as they do here.
click's help has no groups of options, and a setting's values and errors of one line need code of ours with either.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from sparklime_core.cli.commands import BAD_INPUT, INTERRUPTED, parser
from sparklime_core.cli.output import complain
from sparklime_core.errors import CancelledError, SparkLimeError
from sparklime_core.extras import extras_named

BROKEN_PIPE = 141
"""What a shell reports of a program that wrote into a closed pipe."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code: 0, 2 after bad input, 130 when interrupted."""
    try:
        chosen = parser().parse_args(arguments)
        with extras_named():
            command = import_module(f"sparklime_core.cli.{chosen.command.replace('-', '_')}")
            return int(command.run(chosen))
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
