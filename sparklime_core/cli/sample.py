"""``sample``: write a bundled sample as a CSV file."""

import argparse
from pathlib import Path

from sparklime_core.atomic_files import write_output
from sparklime_core.cli.output import say
from sparklime_core.data.table_source import SAMPLES, sample_csv


def run(arguments: argparse.Namespace) -> int:
    """Write the sample, or list what there is."""
    if arguments.name is None:
        for sample in SAMPLES.values():
            say(f"{sample.name:14} --target {sample.target}\n    {sample.description}")
        return 0
    path = arguments.out or Path(f"{arguments.name}.csv")
    write_output(path, sample_csv(arguments.name))
    say(path)
    return 0
