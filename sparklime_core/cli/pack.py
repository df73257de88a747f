"""``pack``: this environment as an archive that executors can run, for ``--archive``."""

import argparse
from pathlib import Path

from sparklime_core.cli.output import say
from sparklime_core.cli.progress import ProgressLine
from sparklime_core.runs.run import Run
from sparklime_core.spark.executors.environment_archive import pack_environment
from sparklime_core.spark.waves.payload import packages_in, pickled


def run(arguments: argparse.Namespace) -> int:
    """Write the archive, and say what is in it and how it is used."""
    line = ProgressLine()
    line.say("packing")
    try:
        further = [*arguments.further, *_needed_by(arguments.for_run)]
        packed = pack_environment(arguments.out, further=further, python=arguments.python)
    finally:
        line.close()
    size = arguments.out.stat().st_size / 1e6
    say(f"{arguments.out} ({size:.0f} MB): {', '.join(packed)}")
    say(f"Use it with --archive {arguments.out}, or SPARKLIME_ARCHIVE={arguments.out} for the dashboard.")
    return 0


def _needed_by(folder: Path | None) -> tuple[str, ...]:
    """Return the packages that the model of a run needs besides those that all models need."""
    return () if folder is None else packages_in(pickled(Run(folder).inputs().estimator))
