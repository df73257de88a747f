"""The id of an executor."""

import pytest

from sparklime_core.spark.executors.identity import executor_id


@pytest.mark.parametrize(
    ("environment", "executor"),
    [
        ({}, "driver"),
        ({"SPARK_EXECUTOR_ID": "7"}, "7"),
        ({"SPARK_LOG_URL_STDERR": "http://h:1/logPage/?appId=app-1&executorId=12&logType=stderr"}, "12"),
    ],
)
def test_an_executor_knows_its_id(monkeypatch, environment, executor):
    for name in ("SPARK_EXECUTOR_ID", "SPARK_LOG_URL_STDERR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert executor_id() == executor
