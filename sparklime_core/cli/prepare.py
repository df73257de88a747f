"""``prepare``: compile and archive what every start needs, once for a Python environment."""

import argparse

from sparklime_core.cli.options import Commands
from sparklime_core.cli.output import say
from sparklime_core.cli.progress import ProgressLine


def add_parser(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "prepare", help="compile and archive what every start needs: Spark then starts sooner"
    )
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    """Compile the engines' functions and archive Spark's classes."""
    from sparklime_core.explain.precompile import compile_ahead  # noqa: PLC0415 - takes a second
    from sparklime_core.spark.session.class_archive import make_class_archive  # noqa: PLC0415

    line = ProgressLine()
    try:
        line.say("compiling the engines")
        compile_ahead()
        line.say("archiving Spark's classes")
        make_class_archive()
    finally:
        line.close()
    say("Spark starts from the archive of its classes, and the engines are compiled.")
    return 0
