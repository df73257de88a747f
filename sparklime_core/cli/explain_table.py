"""``explain-table``: any table that Spark reads, explained and written by the executors; nothing is collected."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sparklime_core.cli.explain_options import (
    add_lime_options,
    add_model_options,
    explain_settings,
    explainer_settings,
    model_settings,
)
from sparklime_core.cli.options import DEFAULT_MASTER, Commands, add_archive, interruptible, session, setting
from sparklime_core.cli.output import say
from sparklime_core.cli.progress import ProgressLine
from sparklime_core.cli.table_options import add_table_options, read_dataset, read_options
from sparklime_core.data.read_options import ReadOptions
from sparklime_core.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import DataFrame, SparkSession

    from sparklime_core.data.dataset import Dataset
    from sparklime_core.explain.types import PredictFn
    from sparklime_core.spark.explain_table import Sink

MODES = ("error", "append", "overwrite", "ignore")


def add_parser(commands: Commands) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("explain-table", help="explain any table that Spark reads; the executors write")
    parser.set_defaults(run=run)
    parser.add_argument("source", metavar="SOURCE", help="a path, s3a://, hdfs://, ..., or a table of the catalog")
    _add_spark_options(parser)
    learnt = parser.add_argument_group("what the model has learnt from (one of them)")
    learnt.add_argument("--trained-in", type=Path, metavar="FOLDER", help="the model of the run in FOLDER")
    learnt.add_argument(
        "--trained-on",
        dest="data",
        metavar="DATA",
        help="a table as explain takes it: of --model-file, or to train on",
    )
    learnt.add_argument("--target", metavar="COLUMN", help="the column of DATA to predict")
    add_table_options(parser)
    add_model_options(parser)
    add_lime_options(parser)


def _add_spark_options(parser: argparse.ArgumentParser) -> None:
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", metavar="URI", help="where the executors write: a path or an address")
    where.add_argument("--out-table", metavar="NAME", help="the same, as a table of the catalog")
    parser.add_argument("--id", metavar="COLUMN", help="whose values name the rows; their positions otherwise")
    parser.add_argument("--format", default="parquet", help="to write: parquet, csv, json, orc, delta, ...")
    parser.add_argument("--mode", default="error", choices=MODES, help="when something is there; default error")
    parser.add_argument("--source-format", metavar="FORMAT", help="of a path; else by its ending, or parquet")
    for name, what in (("source-option", "reader"), ("out-option", "writer")):
        parser.add_argument(
            f"--{name}", action="append", default=[], type=setting, metavar="NAME=VALUE", help=f"of Spark's {what}"
        )
    parser.add_argument("--master", default=DEFAULT_MASTER, help=f"as explain has it; {DEFAULT_MASTER}")
    add_archive(parser)
    parser.add_argument(
        "--conf",
        action="append",
        default=[],
        type=setting,
        metavar="NAME=VALUE",
        help="of Spark itself",
    )


@dataclass(frozen=True)
class _Learnt:
    """What the model has learnt from, how its texts are written, and how to have the model."""

    dataset: "Dataset"
    options: ReadOptions
    predict_fn: "Callable[[], PredictFn]"


def run(arguments: argparse.Namespace) -> int:
    """Learn or load the model, let the executors explain and write, and say how many they explained."""
    _check(arguments)
    from sparklime_core.spark.explain_table import write_explanations  # noqa: PLC0415 - takes seconds

    line, sink = ProgressLine(), _sink(arguments)
    try:
        line.say("reading what the model has learnt from")
        learnt = _trained_in(arguments) if arguments.trained_in is not None else _trained_on(arguments)
        with session(arguments.master, line, arguments.archive, dict(arguments.conf)) as spark:
            explained = _explained(arguments, spark, learnt)
            line.say(f"explaining {arguments.source}")
            written = interruptible(lambda cancel: write_explanations(explained, sink, cancel))
    finally:
        line.close()
    failed = f", {written.failed} of them errors" if written.failed else ""
    say(f"{written.explanations} explanations{failed} -> {sink.out}")
    return 0


def _explained(arguments: argparse.Namespace, spark: "SparkSession", learnt: _Learnt) -> "DataFrame":
    """Return the lazy explanations; what is wrong with the source is said before a model is trained."""
    from sparklime_core.data.batch_encoder import BatchEncoder  # noqa: PLC0415
    from sparklime_core.explain.explainer import build_explainer  # noqa: PLC0415
    from sparklime_core.explain.prepare_task import prepare_task  # noqa: PLC0415
    from sparklime_core.spark.explain_table import explain_table, open_source  # noqa: PLC0415

    source = open_source(spark, arguments.source, arguments.source_format, dict(arguments.source_option))
    encoder = BatchEncoder.of(learnt.dataset.encoding, source.columns, learnt.options)
    explainer = build_explainer(learnt.dataset, explainer_settings(arguments))
    task = prepare_task(explainer, learnt.predict_fn(), explain_settings(arguments))
    return explain_table(source, task, encoder, arguments.id)


def _trained_in(arguments: argparse.Namespace) -> _Learnt:
    from sparklime_core.jobs.runner import predict_fn_of  # noqa: PLC0415
    from sparklime_core.runs.run import Run  # noqa: PLC0415

    inputs = Run(arguments.trained_in).inputs()
    dataset = inputs.learnt_from
    return _Learnt(dataset, _options(arguments, dataset), lambda: predict_fn_of(inputs.estimator))


def _trained_on(arguments: argparse.Namespace) -> _Learnt:
    """Take the model from its file, or train it where there is none."""
    from sparklime_core.models.own_model import load_model  # noqa: PLC0415
    from sparklime_core.models.train import train_with  # noqa: PLC0415

    settings, dataset = model_settings(arguments), read_dataset(arguments)
    options = _options(arguments, dataset)
    if arguments.model_file is not None:
        model = load_model(arguments.model_file, dataset)
        return _Learnt(dataset, options, lambda: model.predict_fn)
    return _Learnt(dataset, options, lambda: train_with(dataset, settings).predict_fn)


def _options(arguments: argparse.Namespace, learnt: "Dataset") -> ReadOptions:
    """Return what is said now about how texts are written, and otherwise what was said when the table was read."""
    now = read_options(arguments)
    if learnt.encoding.format is not None or learnt.report.origin is None:
        return now
    return now.over(learnt.report.origin.options)  # a run that was made before its format was stored


def _sink(arguments: argparse.Namespace) -> "Sink":
    from sparklime_core.spark.explain_table import Sink  # noqa: PLC0415

    is_table = arguments.out_table is not None
    out = arguments.out_table if is_table else arguments.out
    return Sink(out, is_table, arguments.format, arguments.mode, dict(arguments.out_option))


def _check(arguments: argparse.Namespace) -> None:
    if (arguments.trained_in is None) == (arguments.data is None):
        raise SettingsError("Say what the model has learnt from: either --trained-in RUN, or --trained-on DATA.")
    if arguments.trained_in is not None and arguments.model_file is not None:
        raise SettingsError("The run of --trained-in has a model already; give --model-file with --trained-on.")
    if arguments.data is not None and arguments.target is None:
        raise SettingsError("Name the column that the model predicts with --target.")
