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
from sparklime_core.explain.prepare_task import prepare_task
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.jobs.spark_connection import SparkService
from sparklime_core.spark.session.choose_backend import backend_of
from sparklime_core.spark.waves.scheduler import run_waves

pytestmark = pytest.mark.spark
ROWS = 96


def test_the_small_first_wave_is_there_first_and_an_ended_session_says_so(home):
    dataset = load_sample("wine")
    predict_fn = train_forest(dataset, n_estimators=20).predict_fn
    task = prepare_task(build_explainer(dataset), predict_fn, ExplainSettings(engine="reference"))
    service = SparkService("local[2]")
    spark, waves = service.acquire(), []
    rows = spark.createDataFrame(dataset.features[:2].tolist(), list(dataset.feature_names))
    try:
        run_waves(
            spark,
            task,
            dataset.features[:ROWS],
            np.arange(ROWS),
            on_wave=waves.append,
            cancel=threading.Event(),
        )
        assert [wave.number for wave in waves] == list(range(len(waves)))
        assert waves[0].explanations.num_rows < waves[1].explanations.num_rows
        assert not backend_of(spark).has_begun("nobody's")
    finally:
        service.release()
        backend = backend_of(spark)
        service.close()
    with pytest.raises(SparkLimeError, match="The Spark session has ended"):
        backend.has_begun("nobody's")
    explainer, names = build_explainer(dataset), list(dataset.feature_names)
    with pytest.raises(SparkLimeError, match="The UDF cannot be made") as caught:
        explainer_udf(spark, explainer, predict_fn, num_samples=100)
    assert caught.value.__cause__ is not None
    with pytest.raises(SparkLimeError, match="The DataFrame cannot be explained"):
        explain_dataframe(rows, explainer, predict_fn, names, num_samples=100)
