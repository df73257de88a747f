"""``doctor``: check every executor of a master against this process."""

import argparse
from datetime import date
from pathlib import Path

from sparklime_core.cli.options import session
from sparklime_core.cli.output import say
from sparklime_core.cli.progress import ProgressLine
from sparklime_core.jobs.runner import task_of
from sparklime_core.runs.run import Run
from sparklime_core.spark.executors.preflight import check_executors, differences
from sparklime_core.spark.session.backend import is_connect
from sparklime_core.spark.session.java import java_home, old_java
from sparklime_core.spark.waves.payload import packages_in, pickled

PROBLEMS = 1


def run(arguments: argparse.Namespace) -> int:
    """Print what each executor reports and what is wrong; return 1 when something is."""
    line = ProgressLine()
    payload, packages = 0, tuple[str, ...]()
    try:
        if arguments.for_run is not None:
            line.say("preparing the model")
            payload, packages = _needed_by(arguments.for_run)
        with session(arguments.master, line, arguments.archive) as spark:
            reports, has_java = check_executors(spark), not is_connect(spark)
    finally:
        line.close()
    for report in reports:
        say(report.summary())
    found = differences(reports, payload, packages)
    for problem in found:
        say(f"PROBLEM  {problem}")
    old = old_java(java_home(), date.today()) if has_java else None
    if old:
        say(f"NOTE  {old}")
    if not found:
        say("All executors can explain.")
    return PROBLEMS if found else 0


def _needed_by(folder: Path) -> tuple[int, tuple[str, ...]]:
    """Return the size of what a run broadcasts, and the packages that its model needs."""
    run = Run(folder)
    task = task_of(run.inputs(), run.manifest())
    data = pickled(task)
    packages = packages_in(data)
    needs = f" Its model needs {', '.join(packages)}." if packages else ""
    say(f"The run in {folder} broadcasts {len(data) / 1e6:.1f} MB.{needs}")
    return len(data), packages
