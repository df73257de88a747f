"""``pack``: this environment as an archive that executors can run, for ``--archive``."""

import argparse
from pathlib import Path

from sparklime_core.cli.options import Commands, columns
from sparklime_core.cli.output import say
from sparklime_core.cli.progress import ProgressLine


def add_parser(commands: Commands) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("pack", help="pack what executors need into an archive, for --archive")
    parser.set_defaults(run=run)
    parser.add_argument("--out", required=True, type=Path, metavar="FILE.tar.gz")
    parser.add_argument(
        "--with", dest="further", default=(), type=columns, metavar="NAMES", help="more packages: a,b"
    )
    parser.add_argument(
        "--python",
        metavar="PATH",
        help="where the executors' machines have this Python; default: where it is here",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the archive, and say what is in it and how it is used."""
    from sparklime_core.spark.executors.environment_archive import pack_environment  # noqa: PLC0415 - as in the other commands

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
