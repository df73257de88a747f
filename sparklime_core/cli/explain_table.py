"""``explain-table``: any table that Spark reads, explained and written by the executors; nothing is collected."""

import argparse
import threading
from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession

from sparklime_core.cli.explain import request_of, unusual
from sparklime_core.cli.options import check_model, check_target, interruptible, model_settings, own_model, session
from sparklime_core.cli.output import say
from sparklime_core.cli.progress import ProgressLine
from sparklime_core.cli.table_options import read_dataset
from sparklime_core.data.dataset import Dataset
from sparklime_core.data.feature_encoding import BatchEncoder
from sparklime_core.data.read_options import ReadOptions
from sparklime_core.errors import SettingsError
from sparklime_core.explain.explain_rows import prepare_task
from sparklime_core.explain.explainer import build_explainer
from sparklime_core.explain.settings import ExplainerSettings, ExplainSettings
from sparklime_core.explain.task import ExplainTask
from sparklime_core.explain.types import PredictFn, predict_fn_of
from sparklime_core.models.train import train_with
from sparklime_core.runs.run import Run
from sparklime_core.spark.explain_table import Written, explain_table, open_source, write_explanations
from sparklime_core.spark.table_sink import Sink
from sparklime_core.spark.table_steps import MOST_STEPS, rest_of, steps_of, write_steps
from sparklime_core.spark.waves.payload import publish


@dataclass(frozen=True)
class _Learnt:
    """The table that the model has learnt from, how it is read, and a function that gives the model."""

    dataset: Dataset
    options: ReadOptions
    predict_fn: Callable[[], PredictFn]


def run(arguments: argparse.Namespace) -> int:
    """Learn or load the model, let the executors explain and write, and say how many they explained."""
    _check(arguments)
    line, sink = ProgressLine(), _sink(arguments)
    in_steps = _is_in_steps(arguments, sink)
    try:
        line.say("reading the model's table")
        learnt = _trained_in(arguments) if arguments.trained_in is not None else _trained_on(arguments)
        with session(arguments.master, line, arguments.archive, dict(arguments.conf)) as spark, sink.alone():
            table = _Table.of(arguments, spark, learnt)
            write = _in_steps if in_steps else _at_once
            written, before = write(arguments, table, sink, line)
    finally:
        line.close()
    failed = f", {written.failed} of them errors" if written.failed else ""
    there = f"; {before} rows were there before" if before else ""
    say(f"{written.explanations} explanations{failed} -> {sink.out}{there}")
    return 0


@dataclass(frozen=True)
class _Table:
    """The table to explain, how its rows are encoded, and what explains them once it is needed."""

    source: DataFrame
    encoder: BatchEncoder
    learnt: _Learnt
    make_task: Callable[[], ExplainTask]

    @classmethod
    def of(cls, arguments: argparse.Namespace, spark: SparkSession, learnt: _Learnt) -> "_Table":
        """Open the table; a wrong one is refused before a model is trained."""
        source = open_source(spark, arguments.source, arguments.source_format, dict(arguments.source_option))
        encoder = BatchEncoder.of(learnt.dataset.encoding, source.columns, learnt.options)
        explainer = build_explainer(learnt.dataset, ExplainerSettings.from_options(vars(arguments)))
        settings = ExplainSettings.from_options(vars(arguments))
        return cls(source, encoder, learnt, lambda: prepare_task(explainer, learnt.predict_fn(), settings))


def _at_once(arguments: argparse.Namespace, table: _Table, sink: Sink, line: ProgressLine) -> tuple[Written, int]:
    explained = explain_table(table.source, table.make_task(), table.encoder, arguments.id)
    line.say(f"explaining {arguments.source}")
    return interruptible(lambda cancel: write_explanations(explained, sink, cancel)), 0


def _in_steps(arguments: argparse.Namespace, table: _Table, sink: Sink, line: ProgressLine) -> tuple[Written, int]:
    """Explain what the target lacks; return what was written now, and how many rows were there before."""
    line.say(f"counting the rows of {arguments.source}")
    request = unusual(request_of(arguments, table.learnt.dataset), arguments.command)
    columns, only_new = table.encoder.columns, arguments.only_new
    rest = rest_of(table.source, arguments.id, columns, sink, request, only_new=only_new)
    if rest.is_nothing():
        return Written(0, 0), rest.rows_there
    line.say("preparing the model")
    task = table.make_task()
    payload = publish(table.source.sparkSession, task)
    steps = steps_of(rest.rows, arguments.steps)

    def explain(rows: DataFrame) -> DataFrame:
        return explain_table(rows, task, table.encoder, rest.id_col, payload)

    def work(cancel: threading.Event) -> Written:
        line.count(0, steps, f"explaining {rest.rows} rows of {arguments.source}")
        return write_steps(rest, explain, sink, steps, cancel, on_step)

    def on_step(done: int, written: Written) -> None:
        line.count(done, steps, f"{done}/{steps} steps, {written.explanations} explanations written")

    return interruptible(work), rest.rows_there


def _trained_in(arguments: argparse.Namespace) -> _Learnt:
    inputs = Run(arguments.trained_in).inputs()
    dataset = inputs.learnt_from
    check_target(arguments, dataset)
    return _Learnt(dataset, _options(arguments, dataset), lambda: predict_fn_of(inputs.estimator))


def _trained_on(arguments: argparse.Namespace) -> _Learnt:
    """Take the model from its file, or train it where there is none."""
    settings, dataset = model_settings(arguments), read_dataset(arguments)
    options = _options(arguments, dataset)
    if (own := own_model(arguments, dataset)) is not None:
        return _Learnt(dataset, options, lambda: own.predict_fn)
    return _Learnt(dataset, options, lambda: train_with(dataset, settings).predict_fn)


def _options(arguments: argparse.Namespace, learnt: Dataset) -> ReadOptions:
    """Return the options of this command, over those with which the model's table was read."""
    now = ReadOptions.from_options(vars(arguments))
    if learnt.encoding.format is not None or learnt.report.origin is None:
        return now
    return now.over(learnt.report.origin.options)  # a run that was made before its format was stored


def _sink(arguments: argparse.Namespace) -> Sink:

    is_table = arguments.out_table is not None
    out = arguments.out_table if is_table else arguments.out
    return Sink(out, is_table, arguments.format, arguments.mode, dict(arguments.out_option))


def _is_in_steps(arguments: argparse.Namespace, sink: Sink) -> bool:
    """Return whether the rows are explained in steps, with which a later command can go on."""
    named = arguments.id is not None and sink.keeps_records and arguments.mode == "error"
    for asked, option in ((arguments.only_new, "--only-new"), (arguments.steps is not None, "--steps")):
        if asked and not named:
            raise SettingsError(
                f"{option} needs --id with the column that names the rows, a target of parquet or delta, "
                "which keeps the types of ids, and no --mode."
            )
    if arguments.steps is not None and not 1 <= arguments.steps <= MOST_STEPS:
        raise SettingsError(f"--steps must be from 1 to {MOST_STEPS}, not {arguments.steps}.")
    return named


def _check(arguments: argparse.Namespace) -> None:
    if (arguments.trained_in is None) == (arguments.data is None):
        raise SettingsError("Name the model's run or table: either --trained-in RUN, or --trained-on DATA.")
    if arguments.data is not None and arguments.target is None:
        raise SettingsError("Name the column that the model predicts with --target.")
    check_model(arguments)
