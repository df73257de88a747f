"""`prepare_task`: check explainer, model and settings, and prepare an engine; `explain_rows`: without Spark."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from sparklime_core.arguments import flag
from sparklime_core.errors import EngineError, SettingsError, raised_as
from sparklime_core.explain.engines import ENGINES
from sparklime_core.explain.explainer_facts import check_fit
from sparklime_core.explain.predict_function import predict_columns, resolve_predict
from sparklime_core.explain.rows import as_rows
from sparklime_core.explain.runtime import counted
from sparklime_core.explain.sampled.pool import typical_rows
from sparklime_core.explain.schema import compact_schema
from sparklime_core.explain.settings import EngineName, ExplainSettings, OutputName
from sparklime_core.explain.surrogate import check_selection
from sparklime_core.explain.task import BLOCK_ROWS, Engine, ExplainTask
from sparklime_core.explain.types import Explainer, FloatArray, IntArray, PredictFn
from sparklime_core.explain.vocabulary import build_vocabulary


def explain_rows(
    explainer: Explainer,
    predict_fn: Any,
    rows: Any,
    *,
    engine: EngineName = "sampled",
    labels: str | Sequence[int] = "predicted",
    num_features: int = 10,
    num_samples: int = 5000,
    seed: int = 0,
    output: OutputName = "probability",
    profiles: bool = False,
    progress: bool = False,
) -> pa.Table:
    """Explain rows in this process.

    Parameters
    ----------
    explainer
        Any fitted ``lime.lime_tabular.LimeTabularExplainer``, in either mode.
    predict_fn
        What lime takes: rows (n, d) to probabilities (n, K), or to values (n,) in regression; an estimator or a
        `Model` stands for its own. For the engine ``"exact"`` the bound ``predict_proba`` or ``predict`` of a
        supported tree ensemble, or that estimator; likewise for the output ``"margin"``.
    rows
        (n, d) numbers, or one row (d,), with NaN, None or ``pandas.NA`` for gaps. A table of pandas or of Arrow is
        matched to the explainer's features by the names of its columns, whatever their order.
    engine, labels, num_features, num_samples, seed, output, profiles
        See `ExplainSettings`.
    progress
        Whether a bar counts the rows that are done, block by block.

    Returns
    -------
    pyarrow.Table
        One row for each (row, label), in row order; the columns are those of `result_schema`. A row that cannot
        be explained has its reason in ``error``.

    Raises
    ------
    SparkLimeError
        When nothing can be explained with these arguments; the message says why.
    """
    settings = ExplainSettings(
        engine,
        labels,  # type: ignore[arg-type]
        num_features,
        num_samples,
        seed,
        profiles,
        output,
    )
    flag("progress", progress)
    table = as_rows(rows, explainer)
    task = prepare_task(explainer, predict_fn, settings)
    return explain_with(task, table, np.arange(len(table), dtype=np.int64), progress=progress)


def explain_with(task: ExplainTask, rows: FloatArray, row_ids: IntArray, *, progress: bool = False) -> pa.Table:
    """Explain rows (n, d) with a prepared task, block by block."""
    wanted = counted(blocks(len(rows)), len(rows), progress=progress)
    batches = [task.explain(rows[at], row_ids[at]) for at in wanted]
    schema = compact_schema(profiles=task.settings.profiles)
    return task.vocabulary.decode(pa.Table.from_batches(batches, schema=schema))


def blocks(rows: int) -> Iterator[slice]:
    """Yield the slices that cut rows into blocks."""
    for start in range(0, rows, BLOCK_ROWS):
        yield slice(start, min(start + BLOCK_ROWS, rows))


@raised_as(EngineError, "The explainer cannot be used")
def prepare_task(explainer: Explainer, predict_fn: PredictFn, settings: ExplainSettings) -> ExplainTask:
    """Check everything that does not depend on the rows, and prepare the engine.

    Raises
    ------
    EngineError
        When the engine cannot serve this explainer or model.
    ModelError
        When the model's margin is wanted, and it has none.
    PredictionError
        When the predict function returns what lime cannot use.
    SettingsError
        When a label is asked for that the model does not have.
    """
    check_fit(explainer)
    check_selection(explainer.feature_selection)
    predict_fn = resolve_predict(predict_fn, explainer.mode, settings.output)
    names = _label_names(explainer, predict_fn)
    if explainer.mode == "regression":
        settings = dataclasses.replace(settings, labels="all")
    elif settings.output == "margin" and len(names) == 2 and isinstance(settings.labels, str):
        settings = dataclasses.replace(settings, labels=(1,))
    elif not isinstance(settings.labels, str) and max(settings.labels) >= len(names):
        raise SettingsError(
            f"Label {max(settings.labels)} was asked for, but the classes are 0 to {len(names) - 1}."
        )
    engine: Engine = ENGINES[settings.engine].load().prepare(explainer, predict_fn, settings)
    return ExplainTask(explainer, predict_fn, settings, engine, build_vocabulary(explainer, names))


def prepare_engine(name: EngineName, task: ExplainTask) -> Engine:
    """Prepare another engine for the explainer, the model and the settings of a task.

    Raises
    ------
    EngineError
        When the engine cannot serve them.
    """
    settings = dataclasses.replace(task.settings, engine=name)
    engine: Engine = ENGINES[name].load().prepare(task.explainer, task.predict_fn, settings)
    return engine


def _label_names(explainer: Explainer, predict_fn: PredictFn) -> tuple[str, ...]:
    """Name the labels, after one call that shows that the predict function works at all."""
    columns = predict_columns(predict_fn, typical_rows(explainer, BLOCK_ROWS), explainer.mode).shape[1]
    named = None if explainer.class_names is None else list(explainer.class_names)
    if explainer.mode == "regression":
        return (str(named[0]) if named is not None and len(named) == 1 else "prediction",)
    if named is None:
        return tuple(str(label) for label in range(columns))
    if len(named) != columns:
        raise EngineError(f"The explainer names {len(named)} classes, but the model predicts {columns}.")
    return tuple(str(name) for name in named)
