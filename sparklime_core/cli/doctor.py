"""``doctor``: check every executor of a master against this process."""

import argparse
from datetime import date
from pathlib import Path

from sparklime_core.cli.options import DEFAULT_MASTER, MASTER_HELP, Commands, add_archive, session
from sparklime_core.cli.output import say
from sparklime_core.cli.progress import ProgressLine

PROBLEMS = 1


def add_parser(commands: Commands) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("doctor", help="check every executor: Python, packages, memory, a round trip")
    parser.set_defaults(run=run)
    parser.add_argument("--master", default=DEFAULT_MASTER, help=MASTER_HELP)
    add_archive(parser)
    parser.add_argument(
        "--run",
        dest="for_run",
        type=Path,
        metavar="FOLDER",
        help="also hold the executors' memory against what the run in FOLDER broadcasts",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print what each executor reports and what is wrong; return 1 when something is."""
    from sparklime_core.spark.executors.preflight import check_executors, differences  # noqa: PLC0415 - takes a second
    from sparklime_core.spark.session.java import java_home, old_java  # noqa: PLC0415
    from sparklime_core.spark.session.master import parse_master  # noqa: PLC0415

    line = ProgressLine()
    payload = 0
    try:
        if arguments.for_run is not None:
            line.say("preparing the model")
            payload = _payload_bytes(arguments.for_run)
        with session(arguments.master, line, arguments.archive) as spark:
            reports = check_executors(spark)
    finally:
        line.close()
    for report in reports:
        say(report.summary())
    found = differences(reports, payload)
    for problem in found:
        say(f"PROBLEM  {problem}")
    old = None if parse_master(arguments.master).is_connect else old_java(java_home(), date.today())
    if old:
        say(f"NOTE  {old}")
    if not found:
        say("All executors can explain.")
    return PROBLEMS if found else 0


def _payload_bytes(folder: Path) -> int:
    """Return the size of what a run broadcasts."""
    from sparklime_core.jobs.runner import task_of  # noqa: PLC0415 - takes a second
    from sparklime_core.runs.run import Run  # noqa: PLC0415
    from sparklime_core.spark.waves.payload import pickled  # noqa: PLC0415

    run = Run(folder)
    size = len(pickled(task_of(run.inputs(), run.manifest())))
    say(f"The run in {folder} broadcasts {size / 1e6:.1f} MB.")
    return size
