"""``doctor``: check every executor of a master against this process."""

import argparse

from sparklime_core.cli.options import DEFAULT_MASTER, Commands, add_archive, session
from sparklime_core.cli.progress import ProgressLine

PROBLEMS = 1


def add_parser(commands: Commands) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("doctor", help="check every executor: Python, packages, memory, a round trip")
    parser.set_defaults(run=run)
    parser.add_argument(
        "--master", default=DEFAULT_MASTER, help=f"local[N] or spark://host:port; {DEFAULT_MASTER}"
    )
    add_archive(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print what each executor reports and what is wrong; return 1 when something is."""
    from sparklime_core.spark.preflight import check_executors, problems  # noqa: PLC0415 - takes a second

    line = ProgressLine()
    try:
        with session(arguments.master, line, arguments.archive) as spark:
            reports = check_executors(spark)
    finally:
        line.close()
    for report in reports:
        print(report.summary())
    found = problems(reports)
    for problem in found:
        print(f"PROBLEM  {problem}")
    if not found:
        print("All executors can explain.")
    return PROBLEMS if found else 0
