"""What a process reports of itself."""

import psutil
import pytest

from sparklime_core.spark.executors import self_report
from sparklime_core.spark.executors.self_report import executor_id


def test_the_memory_that_is_left_is_what_the_system_can_give():
    assert self_report.free_memory() == pytest.approx(psutil.virtual_memory().available, rel=0.2)


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
