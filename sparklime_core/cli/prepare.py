"""``prepare``: compile and archive what every start needs, once for a Python environment."""

import argparse

from sparklime_core.cli.output import say
from sparklime_core.cli.progress import ProgressLine
from sparklime_core.explain.precompile import compile_ahead
from sparklime_core.spark.session.java import make_class_archive


def run(_arguments: argparse.Namespace) -> int:
    """Compile the engines' functions and archive Spark's classes."""
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
