"""The published recipe, "Pseudo-distributed LIME via PySpark UDF" (Kelvin, 2020): lime in a UDF, row by row.

It is here as a measure for the engines, with its two flaws: the explainer travels in the function's closure, and
the random state of every worker goes on from row to row, so that what it answers depends on the partitions. Of the
classes it explains the predicted one, where the recipe explains the second.
"""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import dill
import numpy as np
import pyarrow as pa
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as sf
from pyspark.sql.pandas.types import from_arrow_type

from sparklime_core.errors import CancelledError, EngineError, SparkError
from sparklime_core.explain.reference_engine import explain_plainly
from sparklime_core.explain.schema import REASONS_TYPE
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.explain.types import Explainer, FloatArray
from sparklime_core.spark.executors.prewarm import ship_package
from sparklime_core.spark.session.choose_backend import backend_of
from sparklime_core.spark.session.failures import one_sentence
from sparklime_core.waiting import call

Reasons = list[tuple[str, float]]


def recipe_udf(
    spark: SparkSession, explainer: Explainer, estimator: Any, settings: ExplainSettings
) -> Callable[..., Column]:
    """Return the recipe's UDF over feature columns, its model broadcast.

    Raises
    ------
    EngineError
        When the session has no broadcasts: one over Spark Connect.
    """
    if not hasattr(spark, "_jsparkSession"):
        raise EngineError("The recipe broadcasts its model, and a session over Spark Connect has no broadcasts.")
    ship_package(backend_of(spark))
    broadcast = spark.sparkContext.broadcast(estimator)
    # As published: loaded on the driver, so that the explainer travels in the closure.
    carried = dill.loads(dill.dumps(explainer))  # noqa: S301 - our own bytes
    num_features, num_samples = settings.num_features, settings.num_samples

    @sf.udf(from_arrow_type(REASONS_TYPE))  # type: ignore[untyped-decorator, unused-ignore]
    def explain_row(*values: float) -> Reasons:
        model = broadcast.value
        predict_fn = getattr(model, "predict_proba", None) or model.predict
        return explain_plainly(carried, predict_fn, np.array(values), num_features, num_samples)

    return explain_row


def run_recipe(
    spark: SparkSession,
    udf: Callable[..., Column],
    rows: FloatArray,
    *,
    tasks: int,
    on_rows: Callable[[int], None],
    cancel: threading.Event,
) -> list[Reasons]:
    """Explain rows (n, d) with the recipe's UDF; return each row's reasons, in the rows' order.

    Parameters
    ----------
    tasks
        Into how many tasks of equal size the rows are cut; a divisor of their number.
    on_rows
        Called with the number of rows in tasks that have ended, whenever Spark says that it has grown.
    cancel
        Set it to stop.

    Raises
    ------
    CancelledError
        After `cancel` was set.
    SparkError
        When the job has failed.
    """
    context, group = spark.sparkContext, f"sparklime-recipe-{uuid.uuid4().hex}"
    # Small data has as many partitions as the session has cores; a session of its own may have others.
    session = spark.newSession()
    session.conf.set("spark.sql.leafNodeDefaultParallelism", str(tasks))
    names = [f"f{at}" for at in range(rows.shape[1])]
    columns = [pa.array(np.arange(len(rows))), *map(pa.array, rows.T)]

    def collect() -> list[Reasons]:
        context.setJobGroup(group, "The recipe's UDF", interruptOnCancel=True)
        sent = session.createDataFrame(pa.table(columns, names=["at", *names]))
        found = sent.withColumn("explanations", udf(*names)).select("at", "explanations").collect()
        ordered = sorted(found, key=lambda line: int(line["at"]))
        return [[(reason[0], reason[1]) for reason in line["explanations"]] for line in ordered]

    def look() -> None:
        if cancel.is_set():
            context.cancelJobGroup(group)
        else:
            on_rows(_ended_rows(context, group, len(rows)))

    try:
        reasons = call(collect, meanwhile=look)
    except Exception as error:
        if cancel.is_set():
            raise CancelledError("The race was cancelled.") from error
        raise SparkError(f"The recipe's job failed: {one_sentence(error)}") from error
    on_rows(len(rows))
    return reasons


def _ended_rows(context: Any, group: str, rows: int) -> int:
    """Return how many rows are in tasks that have ended; the tasks of a job all have as many."""
    tracker = context.statusTracker()
    stages = [
        found
        for job in tracker.getJobIdsForGroup(group)
        if (info := tracker.getJobInfo(job)) is not None
        for stage in info.stageIds
        if (found := tracker.getStageInfo(stage)) is not None
    ]
    return sum(stage.numCompletedTasks * rows // max(stage.numTasks, 1) for stage in stages)
