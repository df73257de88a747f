"""``sample``: write a bundled sample as a CSV file."""

import argparse
from pathlib import Path

from sparklime_core.atomic_files import write_output
from sparklime_core.cli.options import Commands
from sparklime_core.cli.output import say


def add_parser(commands: Commands) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("sample", help="write a bundled sample as a CSV file, to try things with")
    parser.set_defaults(run=run)
    parser.add_argument("name", nargs="?", help="without a name: list the samples")
    parser.add_argument("--out", type=Path, metavar="FILE", help="default: NAME.csv here")


def run(arguments: argparse.Namespace) -> int:
    """Write the sample, or list what there is."""
    from sparklime_core.data.samples import SAMPLES, sample_csv  # noqa: PLC0415 - takes a second

    if arguments.name is None:
        for sample in SAMPLES.values():
            say(f"{sample.name:14} --target {sample.target}\n    {sample.description}")
        return 0
    path = arguments.out or Path(f"{arguments.name}.csv")
    write_output(path, sample_csv(arguments.name))
    say(path)
    return 0
