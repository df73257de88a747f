"""What a process reports of itself."""

import psutil
import pytest

from sparklime_core.spark.executors import self_report


def test_the_memory_that_is_left_is_what_the_system_can_give():
    assert self_report.free_memory() == pytest.approx(psutil.virtual_memory().available, rel=0.2)
