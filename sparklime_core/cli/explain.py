"""``explain``: a CSV file to a folder of explanations."""

import argparse
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from sparklime_core.cli.options import DEFAULT_MASTER, INTERRUPTED, Commands, columns, depth, labels, rows, session
from sparklime_core.cli.progress import ProgressLine
from sparklime_core.errors import RunError, SettingsError, SparkLimeError
from sparklime_core.explain.settings import (
    DISCRETIZERS,
    ENGINE_NAMES,
    FEATURE_SELECTIONS,
    ExplainerSettings,
    ExplainSettings,
)

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from sparklime_core.runs.inputs import Inputs
    from sparklime_core.runs.manifest import Manifest
    from sparklime_core.runs.run import Run


def add_parser(commands: Commands) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("explain", help="train a forest on a CSV file and explain its rows on Spark")
    parser.set_defaults(run=run)
    parser.add_argument("data", nargs="?", metavar="DATA.csv", help="the table, with a header line")
    parser.add_argument("--target", metavar="COLUMN", help="the column to predict")
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="where the results go")
    parser.add_argument("--master", help=f"local[N] or spark://host:port; default {DEFAULT_MASTER}")
    parser.add_argument("--resume", action="store_true", help="finish the run in FOLDER, with its own settings")
    table = parser.add_argument_group("the table")
    table.add_argument(
        "--categorical", default=(), type=columns, metavar="A,B", help="columns that hold categories"
    )
    table.add_argument("--drop", default=(), type=columns, metavar="A,B", help="columns to leave out")
    table.add_argument("--task", default="auto", choices=("auto", "classification", "regression"))
    table.add_argument("--rows", default="all", type=rows, help="all, test, or how many from the first on")
    forest = parser.add_argument_group("the forest")
    forest.add_argument("--trees", default=100, type=int)
    forest.add_argument("--max-depth", default=None, type=depth, metavar="D")
    forest.add_argument("--test-size", default=0.25, type=float, help="share of rows kept for measuring")
    lime = parser.add_argument_group("the explanations")
    lime.add_argument("--engine", default="sampled", choices=ENGINE_NAMES)
    lime.add_argument("--labels", default="predicted", type=labels, help="predicted, all, or indices: 0,2")
    lime.add_argument("--num-features", default=10, type=int)
    lime.add_argument("--num-samples", default=5000, type=int)
    lime.add_argument("--seed", default=0, type=int, help="of the split, the forest and the explanations")
    lime.add_argument("--discretizer", default="quartile", choices=DISCRETIZERS)
    lime.add_argument("--kernel-width", default=None, type=float)
    lime.add_argument("--feature-selection", default="auto", choices=FEATURE_SELECTIONS)


def run(arguments: argparse.Namespace) -> int:
    """Carry the command out; return its exit code."""
    # Spark and scikit-learn take seconds to import, and --help needs neither.
    from sparklime_core.runs.manifest import RunState  # noqa: PLC0415
    from sparklime_core.runs.run import MANIFEST  # noqa: PLC0415

    line = ProgressLine()
    try:
        if arguments.resume and (arguments.out / MANIFEST).is_file():
            ended = _resume(arguments, line)
        else:
            ended = _start(arguments, line)
    finally:
        line.close()
    _summarise(arguments.out, ended)
    return INTERRUPTED if ended.state is RunState.CANCELLED else 0


def _start(arguments: argparse.Namespace, line: ProgressLine) -> "Manifest":
    """Read, connect, train and explain, in this order: what fails early costs nothing."""
    from sparklime_core.data.reading import read_csv  # noqa: PLC0415
    from sparklime_core.jobs.plan import RunPlan  # noqa: PLC0415
    from sparklime_core.models.forest import ForestSettings, train_with  # noqa: PLC0415
    from sparklime_core.runs.run import Run, check_free  # noqa: PLC0415

    _check_new(arguments)
    check_free(arguments.out)
    forest = ForestSettings(arguments.trees, arguments.max_depth, 1, arguments.test_size, arguments.seed)
    explain = ExplainSettings(
        arguments.engine, arguments.labels, arguments.num_features, arguments.num_samples, arguments.seed
    )
    explainer = ExplainerSettings(arguments.discretizer, arguments.kernel_width, arguments.feature_selection)
    line.say(f"reading {arguments.data}")
    dataset = read_csv(
        arguments.data,
        arguments.target,
        categorical=arguments.categorical,
        drop=arguments.drop,
        task=arguments.task,
    )
    master = arguments.master or DEFAULT_MASTER
    with session(master, line) as spark:
        line.say(f"training {forest.n_estimators} trees on {dataset.rows} rows")
        plan = RunPlan(dataset, train_with(dataset, forest), explain, explainer, arguments.rows)
        new = Run.create(arguments.out, plan.manifest(master), plan.inputs())
        try:
            return _explain(spark, new, plan.inputs(), line)
        except SparkLimeError:
            if not new.finished_blocks()[0]:
                new.discard()
            raise


def _resume(arguments: argparse.Namespace, line: ProgressLine) -> "Manifest":
    """Explain what is left of the run in the folder, with the settings that it was begun with."""
    from sparklime_core.runs.run import Run  # noqa: PLC0415

    stored = Run(arguments.out)
    manifest = stored.manifest()
    if not manifest.state.is_ended():
        raise RunError(f"The run in {str(arguments.out)!r} is still running, as process {manifest.owner.pid}.")
    if not manifest.state.is_resumable():
        return manifest
    with session(arguments.master or manifest.master, line) as spark:
        stored.take_over()
        return _explain(spark, stored, None, line)


def _explain(spark: "SparkSession", run: "Run", inputs: "Inputs | None", line: ProgressLine) -> "Manifest":
    """Explain in a thread of its own, so that Ctrl-C is heard at once and becomes a clean stop."""
    from sparklime_core.jobs.runner import explain_run  # noqa: PLC0415

    cancel = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(explain_run, spark, run, inputs=inputs, cancel=cancel, on_progress=line.show)
        while True:
            try:
                return work.result()
            except KeyboardInterrupt:
                cancel.set()


def _check_new(arguments: argparse.Namespace) -> None:
    if arguments.data is None and arguments.resume:
        raise RunError(f"There is no run in {str(arguments.out)!r} to resume.")
    if arguments.data is None:
        raise SettingsError("Name the CSV file to explain.")
    if arguments.target is None:
        raise SettingsError("Name the column to predict with --target.")


def _summarise(folder: Path, ended: "Manifest") -> None:
    speed = ended.rows_explained / ended.seconds if ended.seconds else 0.0
    failed = f", {ended.rows_failed} of them failed" if ended.rows_failed else ""
    print(
        f"{ended.rows_explained} rows explained{failed} in {ended.seconds:.1f} s ({speed:.0f} rows/s) -> {folder}"
    )
