"""Charts of the work of executors."""

import pandas as pd

from sparklime_core.charts.overview import importance_chart
from sparklime_core.charts.workers import executors_chart, throughput_chart, timeline_chart
from sparklime_core.dashboard.workers.work_panel import throughput_frame, timeline_frame
from tests.unit.charts.specs import NASTY, fields_of, spec_of, values_of
from tests.unit.dashboard.workers.tasks import three_tasks


class TestWork:
    def test_the_charts_draw_every_task_and_executor(self) -> None:
        timeline = timeline_frame(three_tasks())
        executors = pd.DataFrame(
            {"executor": ["0", "1"], "rows": [130, 50], "tasks": [2, 1], "rows_per_second": [43.0, 50.0]}
        )

        assert values_of(spec_of(timeline_chart(timeline))).count('"lane"') == 3
        assert "rows_per_second" in fields_of(spec_of(throughput_chart(throughput_frame(timeline))))
        assert fields_of(spec_of(executors_chart(executors))) == {
            "executor",
            "name",
            "rows",
            "tasks",
            "rows_per_second",
        }

    def test_an_executor_has_one_colour_on_every_chart(self) -> None:
        timeline = timeline_frame(three_tasks())
        of_timeline = spec_of(timeline_chart(timeline))["encoding"]["color"]["scale"]
        of_rate = spec_of(throughput_chart(throughput_frame(timeline)))["encoding"]["color"]["scale"]

        assert of_timeline == of_rate
        assert len(set(of_timeline["range"])) == 2


def test_features_are_ranked_as_given() -> None:
    frame = pd.DataFrame({"feature": [NASTY, "b"], "mean_weight": [0.4, 0.1], "rows": [5, 9]})

    spec = spec_of(importance_chart(frame))

    assert spec["encoding"]["y"]["sort"] == [NASTY, "b"]
    assert fields_of(spec) == {"feature", "mean_weight", "rows"}
