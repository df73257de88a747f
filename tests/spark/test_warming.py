"""A new session's Python workers import what explaining needs before they are asked to explain."""

import sys

import pytest

from sparklime_core.jobs.spark_connection import SparkService
from sparklime_core.spark.executors.prewarm import NEEDED, prewarm

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def service(home):
    service = SparkService("local[2]")
    yield service
    service.close()


def loaded(batches):
    for batch in batches:
        missing = [name for name in NEEDED if name not in sys.modules]
        assert not missing, missing
        yield batch


def test_every_core_has_imported_what_it_needs(service):
    spark = service.acquire()
    try:
        assert prewarm(spark) == 2
        assert len(spark.range(0, 2, 1, 2).mapInArrow(loaded, "id long").collect()) == 2
    finally:
        service.release()


def test_connecting_soon_connects_what_the_next_one_then_finds(service):
    service.connect_soon()

    first = service.acquire()
    second = service.acquire()
    service.release()
    service.release()

    assert first is second
    assert service.status().connected
