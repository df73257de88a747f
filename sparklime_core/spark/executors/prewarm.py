"""Let Python workers of a new session import what explaining needs, while the driver still prepares."""

import importlib
import threading
from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import SparkSession

from sparklime_core.explain.engines import ENGINES
from sparklime_core.spark.executors.package_upload import ship_package
from sparklime_core.spark.session.choose_backend import backend_of

NEEDED = (
    "lime.lime_tabular",
    "sklearn.ensemble",
    "sparklime_core.explain.stability_task",
    *(engine.module for engine in ENGINES.values()),
    "sparklime_core.spark.waves.worker",
)
"""Modules that unpickling a task imports, which takes a new worker seconds."""


def prewarm_soon(spark: SparkSession) -> None:
    """Begin to warm a session up in a thread of its own, the first time that it is asked for."""
    record = backend_of(spark).record
    with record.lock:
        if record.warmed:
            return
        record.warmed = True
    threading.Thread(target=_quietly, args=(spark,), name="sparklime-warm-up", daemon=True).start()


def prewarm(spark: SparkSession) -> int:
    """Import on every core what explaining needs; return how many tasks did so."""
    ship_package(backend_of(spark))
    cores = backend_of(spark).parallelism()
    return len(spark.range(0, cores, 1, cores).mapInArrow(_import_needed, "id long").collect())


def _import_needed(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for name in NEEDED:
        importlib.import_module(name)
    yield from batches


def _quietly(spark: SparkSession) -> None:
    """Warm up, and ignore errors: a run that follows meets them again, and reports them."""
    try:
        prewarm(spark)
    except Exception:  # noqa: BLE001
        return
