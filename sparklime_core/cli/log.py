"""``log``: a run's settings, measures, explanations and report, put into a tracking server of MLflow."""

import argparse

from sparklime_core.cli.export import find_run
from sparklime_core.cli.output import say
from sparklime_core.reports.mlflow_run import log_run


def run(arguments: argparse.Namespace) -> int:
    """Log the run, and print the id that MLflow gives it."""
    say(log_run(find_run(arguments.source), tracking_uri=arguments.tracking_uri, experiment=arguments.experiment))
    return 0
