"""``pack``: this environment as an archive that executors can run, for ``--archive``."""

import argparse

from sparklime_core.cli.output import say
from sparklime_core.cli.progress import ProgressLine
from sparklime_core.spark.executors.environment_archive import pack_environment


def run(arguments: argparse.Namespace) -> int:
    """Write the archive, and say what is in it and how it is used."""
    line = ProgressLine()
    line.say("packing")
    try:
        packed = pack_environment(arguments.out, further=arguments.further, python=arguments.python)
    finally:
        line.close()
    size = arguments.out.stat().st_size / 1e6
    say(f"{arguments.out} ({size:.0f} MB): {', '.join(packed)}")
    say(f"Use it with --archive {arguments.out}, or SPARKLIME_ARCHIVE={arguments.out} for the dashboard.")
    return 0
