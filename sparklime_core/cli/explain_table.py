"""``explain-table``: any table that Spark reads, explained and written by the executors; nothing is collected."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession

from sparklime_core.cli.options import interruptible, model_settings, own_model, session
from sparklime_core.cli.output import say
from sparklime_core.cli.progress import ProgressLine
from sparklime_core.cli.table_options import read_dataset
from sparklime_core.data.batch_encoder import BatchEncoder
from sparklime_core.data.dataset import Dataset
from sparklime_core.data.read_options import ReadOptions
from sparklime_core.errors import SettingsError
from sparklime_core.explain.explainer import build_explainer
from sparklime_core.explain.prepare_task import prepare_task
from sparklime_core.explain.settings import ExplainerSettings, ExplainSettings
from sparklime_core.explain.types import PredictFn
from sparklime_core.jobs.runner import predict_fn_of
from sparklime_core.models.train import train_with
from sparklime_core.runs.run import Run
from sparklime_core.spark.explain_table import Sink, explain_table, open_source, write_explanations


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


def _explained(arguments: argparse.Namespace, spark: SparkSession, learnt: _Learnt) -> DataFrame:
    """Return the lazy explanations; a wrong source is refused before a model is trained."""
    source = open_source(spark, arguments.source, arguments.source_format, dict(arguments.source_option))
    encoder = BatchEncoder.of(learnt.dataset.encoding, source.columns, learnt.options)
    explainer = build_explainer(learnt.dataset, ExplainerSettings.from_options(vars(arguments)))
    task = prepare_task(explainer, learnt.predict_fn(), ExplainSettings.from_options(vars(arguments)))
    return explain_table(source, task, encoder, arguments.id)


def _trained_in(arguments: argparse.Namespace) -> _Learnt:

    inputs = Run(arguments.trained_in).inputs()
    dataset = inputs.learnt_from
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


def _check(arguments: argparse.Namespace) -> None:
    if (arguments.trained_in is None) == (arguments.data is None):
        raise SettingsError("Say what the model has learnt from: either --trained-in RUN, or --trained-on DATA.")
    if arguments.trained_in is not None and (arguments.model_file or arguments.model_uri) is not None:
        raise SettingsError("The run of --trained-in has a model already; give yours with --trained-on.")
    if arguments.data is not None and arguments.target is None:
        raise SettingsError("Name the column that the model predicts with --target.")
