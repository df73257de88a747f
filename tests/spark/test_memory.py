"""What the driver holds does not grow with the rows that are explained already."""

import json
import os
from statistics import median

import pytest

from sparklime_core.spark.waves.scheduler import IN_FLIGHT
from tests.spark.conftest import ROOT, run_script

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def steady(tmp_path_factory):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    folder = tmp_path_factory.mktemp("steady")
    return json.loads(run_script("steady.py", folder, cwd=folder, env=environment))


def test_waves_go_to_the_disk_and_are_let_go(steady):
    assert steady["rows"] == 30_000
    assert steady["waves"] > 20
    assert max(look["parts"] for look in steady["looks"]) == steady["waves"]
    assert max(look["waves"] for look in steady["looks"]) <= IN_FLIGHT + 2


def test_memory_does_not_follow_the_rows(steady):
    looks = [look for look in steady["looks"] if look["parts"] >= 4]
    early, late = looks[: len(looks) // 3], looks[-len(looks) // 3 :]
    wave = 128 * 1024
    for what, spare in (("arrow", 40 * wave), ("resident", 100 * 2**20)):
        assert median(look[what] for look in late) <= median(look[what] for look in early) + spare, what
