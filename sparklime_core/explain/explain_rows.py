"""`explain_rows`: explanations of rows, without Spark."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from sparklime_core.arguments import flag
from sparklime_core.explain.prepare_task import prepare_task
from sparklime_core.explain.progress import counted
from sparklime_core.explain.row_table import as_rows
from sparklime_core.explain.schema import compact_schema
from sparklime_core.explain.settings import EngineName, ExplainSettings, OutputName
from sparklime_core.explain.task import BLOCK_ROWS, ExplainTask
from sparklime_core.explain.types import Explainer, FloatArray, IntArray


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
