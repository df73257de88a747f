"""Which masters a person on the page may choose."""

import pytest

from sparklime_core.errors import SparkError
from sparklime_core.jobs.spark_connection import SparkService, check_allowed


@pytest.mark.parametrize(
    "master", ["local[2]", "spark://127.0.0.1:7077", "sc://127.0.0.1", "sc://localhost:15002/;use_ssl=true"]
)
def test_masters_on_this_machine_are_allowed(master):
    check_allowed(master)


@pytest.mark.parametrize("master", ["spark://far:7077", "sc://far:15002", "sc://127.0.0.1.far:15002"])
def test_others_are_allowed_by_the_operator_alone(master, monkeypatch):
    service = SparkService()
    with pytest.raises(SparkError, match="ask for it to be added to SPARKLIME_MASTERS"):
        service.choose(master)
    monkeypatch.setenv("SPARKLIME_MASTERS", f"spark://other:7077, {master}")
    service.choose(master)
    assert service.status().master == master
