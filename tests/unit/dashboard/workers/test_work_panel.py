"""A run's tasks and the shares of its time, laid out for their charts."""

import dataclasses
from pathlib import Path

import pandas as pd
import pytest

from sparklime_core.charts.workers import shares_chart
from sparklime_core.dashboard.workers.work_panel import imbalance, shares_frame, throughput_frame, timeline_frame
from sparklime_core.data.table_source import load_sample
from sparklime_core.models.train import train_forest
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.store import RunStore
from tests.finished_run import make_run
from tests.unit.dashboard.workers.tasks import three_tasks


class TestWork:
    def test_tasks_begin_when_the_first_one_does(self) -> None:
        timeline = timeline_frame(three_tasks())

        assert list(timeline["begin"]) == [0.0, 1.0, 2.0]
        assert list(timeline["end"]) == [2.0, 2.0, 3.0]
        assert timeline["lane"].nunique() == 2

    def test_throughput_counts_every_row_once(self) -> None:
        timeline = timeline_frame(three_tasks())
        rate = throughput_frame(timeline)

        step = timeline["end"].max() / len(rate[rate["executor"] == "0"])
        rows = rate.groupby("executor")["rows_per_second"].sum() * step
        assert rows.to_dict() == pytest.approx({"0": 130.0, "1": 50.0})

    def test_imbalance_is_the_busiest_executor_over_the_mean(self) -> None:
        assert imbalance(pd.DataFrame({"busy_seconds": [3.0, 1.0]})) == 1.5
        assert imbalance(pd.DataFrame({"busy_seconds": [0.0, 0.0]})) == 1.0


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    home: Path = tmp_path_factory.mktemp("home")
    dataset = load_sample("wine")
    return make_run(RunStore(home), dataset, train_forest(dataset, n_estimators=3), 4).manifest()


def test_parts_add_up_to_the_wall_time(manifest: Manifest) -> None:
    parts = shares_frame(manifest).set_index("part")

    assert parts["seconds"].sum() == pytest.approx(0.2 + 0.1 + 1.9 + 0.05)
    assert parts["share"].sum() == pytest.approx(1)
    assert parts["seconds"]["model"] == pytest.approx(1.2 / 2)
    assert parts["seconds"]["transport and waiting"] == pytest.approx(1.9 - 2.7 / 2)


def test_a_run_that_measured_nothing_has_no_parts(manifest: Manifest) -> None:
    assert shares_frame(dataclasses.replace(manifest, spent={})).empty
    assert shares_frame(dataclasses.replace(manifest, executors=[])).empty


def test_the_bar_keeps_its_order(manifest: Manifest) -> None:
    spec = shares_chart(shares_frame(manifest)).to_dict()

    assert spec["encoding"]["color"]["scale"]["domain"][:2] == ["connecting", "preparing"]
    assert len(set(spec["encoding"]["color"]["scale"]["range"])) == 9
