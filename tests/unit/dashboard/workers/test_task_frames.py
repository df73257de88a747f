"""Tasks as the charts of the workers page take them."""

import pandas as pd
import pytest

from sparklime_core.dashboard.workers.task_frames import imbalance, throughput_frame, timeline_frame
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
