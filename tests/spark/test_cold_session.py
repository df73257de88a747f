"""A session that has just begun, and one that has ended."""

import threading

import numpy as np
import pytest

from sparklime_core import (
    SparkLimeError,
    build_explainer,
    explain_dataframe,
    explainer_udf,
    load_sample,
    train_forest,
)
from sparklime_core.explain.explain_rows import prepare_task
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.explain.task import SLOW_BLOCK_ROWS
from sparklime_core.jobs.spark_connection import SparkService
from sparklime_core.spark.session.choose_backend import backend_of
from sparklime_core.spark.session.connect import disconnect
from sparklime_core.spark.waves.scheduler import run_waves
from tests.spark.conftest import EMBEDDED

# A wave that comes too early holds all cores at the gate.
pytestmark = [pytest.mark.spark, pytest.mark.timeout(600)]
ROWS = 96
FIRST = 2 * SLOW_BLOCK_ROWS
"""How many rows the first wave of `reference` has: a block for each of the two cores."""


@pytest.fixture
def service():
    disconnect()
    service = SparkService(EMBEDDED)
    yield service
    service.close()


def test_the_small_first_wave_is_there_first_and_an_ended_session_says_so(service, gate):
    dataset = load_sample("wine")
    predict_fn = train_forest(dataset, n_estimators=20).predict_fn
    held = gate.guard(predict_fn, dataset.features[ROWS - 1])
    table = dataset.features[:ROWS].copy()
    table[FIRST:] = table[ROWS - 1]  # all waves but the first one wait at the gate
    task = prepare_task(build_explainer(dataset), held, ExplainSettings(engine="reference", num_samples=200))
    waves = []

    def keep(wave):
        waves.append(wave)
        gate.open()

    service.connect_soon()
    spark = service.acquire()
    assert service.acquire() is spark
    service.release()
    assert service.status().connected
    rows = spark.createDataFrame(dataset.features[:2].tolist(), list(dataset.feature_names))
    run_waves(spark, task, table, np.arange(ROWS), on_wave=keep, cancel=threading.Event())
    assert (waves[0].number, waves[0].explanations.num_rows) == (0, FIRST)
    assert sum(wave.explanations.num_rows for wave in waves) == ROWS
    backend = backend_of(spark)
    assert not backend.has_begun("nobody's")
    service.release()
    service.close()
    with pytest.raises(SparkLimeError, match="The Spark session has ended"):
        backend.has_begun("nobody's")
    explainer, names = build_explainer(dataset), list(dataset.feature_names)
    with pytest.raises(SparkLimeError, match="The UDF cannot be made") as caught:
        explainer_udf(spark, explainer, predict_fn, num_samples=100)
    assert caught.value.__cause__ is not None
    with pytest.raises(SparkLimeError, match="The DataFrame cannot be explained"):
        explain_dataframe(rows, explainer, predict_fn, names, num_samples=100)
