import json
from typing import Any

import pandas as pd
import pytest

from sparklime_core.charts.classes import (
    classes_comparison_chart,
    confusion_chart,
    predictions_chart,
    probabilities_chart,
)
from sparklime_core.charts.curves import calibration_chart, precision_recall_chart, residuals_chart, roc_chart
from sparklime_core.charts.distribution import categories_chart, numbers_chart
from sparklime_core.charts.fit_scatter import fidelity_chart
from sparklime_core.charts.weights import KINDS, fold_weights, weights_chart
from sparklime_core.charts.workers import executors_chart, importance_chart, throughput_chart, timeline_chart
from sparklime_core.dashboard.workers.task_frames import imbalance, throughput_frame, timeline_frame

NASTY = "a.b[0] 'x' <img src=x onerror=alert(1)>"

EXPLANATION = [
    {"feature": "age", "feature_explanation": "age > 50.00", "weight": 0.5},
    {"feature": NASTY, "feature_explanation": f"{NASTY} <= 1.00", "weight": -0.3},
    {"feature": "island", "feature_explanation": "island=Biscoe", "weight": 0.1},
    {"feature": "sex", "feature_explanation": "sex=f", "weight": -0.25},
]


def spec_of(chart: Any) -> dict[str, Any]:
    return json.loads(json.dumps(chart.to_dict(), sort_keys=True))


def fields_of(node: Any) -> set[str]:
    """Return every field name of a chart's encodings."""
    if isinstance(node, dict):
        found = {node["field"]} if isinstance(node.get("field"), str) else set()
        return found.union(*(fields_of(value) for name, value in node.items() if name != "datasets"))
    if isinstance(node, list):
        return set().union(*(fields_of(value) for value in node))
    return set()


def values_of(spec: dict[str, Any]) -> str:
    return json.dumps(list(spec["datasets"].values()), ensure_ascii=False)


class TestFoldWeights:
    def test_the_strongest_keep_a_bar_and_the_rest_is_summed(self) -> None:
        bars = fold_weights(EXPLANATION, {}, 2)

        assert list(bars["weight"]) == pytest.approx([0.5, -0.3, -0.15])
        assert list(bars["kind"]) == [KINDS[0], KINDS[1], KINDS[2]]
        assert bars["text"].iloc[-1] == "2 more features together"

    def test_nothing_is_folded_where_all_fit(self) -> None:
        bars = fold_weights(EXPLANATION, {}, 4)

        assert len(bars) == 4
        assert KINDS[2] not in set(bars["kind"])

    def test_the_value_stands_beside_the_text_unless_the_text_says_it(self) -> None:
        bars = fold_weights(EXPLANATION, {"age": "63", "island": "Biscoe"}, 4)

        assert bars["label"].iloc[0] == "age > 50.00   (63)"
        assert bars["label"].iloc[2] == "island=Biscoe"

    def test_weights_are_shown_with_their_sign(self) -> None:
        assert list(fold_weights(EXPLANATION, {}, 4)["shown"]) == ["+0.5", "-0.3", "+0.1", "-0.25"]

    def test_spread_and_exact_weights_stand_beside_the_bars_that_have_them(self) -> None:
        bars = fold_weights(EXPLANATION, {}, 2, spread=[0.1, None, 9.0, 9.0], exact=[0.4, None, 9.0, 9.0])

        assert bars["low"].tolist()[0] == pytest.approx(0.4)
        assert bars["high"].tolist()[0] == pytest.approx(0.6)
        assert bars["std"].notna().tolist() == bars["exact"].notna().tolist() == [True, False, False]
        assert fold_weights(EXPLANATION, {}, 2)["std"].isna().all()

    def test_an_empty_explanation_has_no_bars(self) -> None:
        assert fold_weights([], {}, 5).empty


class TestWeightsChart:
    def test_error_bars_and_exact_weights_are_drawn_where_there_are_any(self) -> None:
        def marks(**beside: Any) -> list[str]:
            spec = spec_of(weights_chart(fold_weights(EXPLANATION, {}, 4, **beside), 0.8))
            return [layer["mark"]["type"] for layer in spec["layer"]]

        plain = marks()
        assert "tick" not in plain
        assert sorted(marks(spread=[0.1] * 4)) == sorted([*plain, "rule"])
        assert sorted(marks(spread=[0.1] * 4, exact=[None, 0.2, None, None])) == sorted([*plain, "rule", "tick"])
        assert marks(exact=[None] * 4) == plain

    def test_the_axis_is_the_same_on_both_sides_whatever_the_row(self) -> None:
        spec = spec_of(weights_chart(fold_weights(EXPLANATION, {}, 2), 0.8))

        scales = [layer["encoding"]["x"]["scale"] for layer in spec["layer"] if "scale" in layer["encoding"]["x"]]
        assert [scale["domain"] for scale in scales] == [[-0.8, 0.8]]

    def test_a_run_without_any_weight_still_has_an_axis(self) -> None:
        spec = spec_of(weights_chart(fold_weights([], {}, 2), 0.0))

        assert "[-1.0, 1.0]" in json.dumps(spec)

    def test_names_from_data_are_values_and_never_field_names(self) -> None:
        spec = spec_of(weights_chart(fold_weights(EXPLANATION, {}, 4), 1.0))

        assert fields_of(spec) == {"order", "weight", "text", "value", "kind", "label", "shown", "zero"}
        assert "<img src=x onerror=alert(1)>" in values_of(spec)


class TestClassCharts:
    def test_probabilities_are_drawn_from_zero_to_one(self) -> None:
        frame = pd.DataFrame(
            {"order": [0, 1], "name": [NASTY, "b"], "probability": [0.9, 0.1], "role": ["explained class"] * 2}
        )

        spec = spec_of(probabilities_chart(frame))

        assert spec["layer"][0]["encoding"]["x"]["scale"]["domain"] == [0, 1]
        assert fields_of(spec) == {"order", "name", "probability", "role"}

    @pytest.mark.parametrize(("classes", "numbered"), [(2, True), (12, True), (13, False)])
    def test_a_confusion_matrix_has_numbers_while_they_can_be_read(self, classes: int, numbered: bool) -> None:
        frame = pd.DataFrame(
            [
                {"truth": f"c{i}", "predicted": f"c{j}", "true_order": i, "predicted_order": j, "rows": i * j}
                for i in range(classes)
                for j in range(classes)
            ]
        )

        spec = spec_of(confusion_chart(frame))

        assert any(layer["mark"]["type"] == "text" for layer in spec["layer"]) is numbered

    def test_predicted_and_true_values_share_a_scale(self) -> None:
        frame = pd.DataFrame({"row": [1, 2], "truth": [1.0, 5.0], "predicted": [0.5, 7.0]})

        spec = spec_of(predictions_chart(frame))

        encoding = spec["layer"][1]["encoding"]
        assert encoding["x"]["scale"]["domain"] == encoding["y"]["scale"]["domain"] == [0.5, 7.0]


class TestFidelityChart:
    FRAME = pd.DataFrame(
        {
            "row_id": [4, 9],
            "prediction": [0.9, 0.4],
            "score": [0.8, 0.1],
            "truth": [NASTY, "b"],
            "true_value": [0.0, 1.0],
            "outcome": ["right", "wrong"],
        }
    )

    def test_a_point_is_picked_by_its_row(self) -> None:
        spec = spec_of(fidelity_chart(self.FRAME, None, regression=False, name="y"))

        (picked,) = spec["params"]
        assert picked["name"] == "picked"
        assert picked["select"]["fields"] == ["row_id"]

    def test_the_chosen_row_is_ringed(self) -> None:
        spec = spec_of(fidelity_chart(self.FRAME, 9, regression=False, name="y"))

        ringed = spec["datasets"][spec["layer"][1]["data"]["name"]]
        assert [point["row_id"] for point in ringed] == [9]

    def test_regression_draws_predicted_against_true(self) -> None:
        spec = spec_of(fidelity_chart(self.FRAME, None, regression=True, name="y"))

        encoding = spec["layer"][0]["encoding"]
        assert (encoding["x"]["field"], encoding["y"]["field"]) == ("true_value", "prediction")


class TestWork:
    @pytest.fixture
    def tasks(self) -> pd.DataFrame:
        start = pd.Timestamp("2024-01-02T03:04:05Z")
        return pd.DataFrame(
            {
                "wave": [0, 0, 1],
                "partition": [0, 1, 0],
                "attempt": [0, 0, 0],
                "executor": ["0", "1", "0"],
                "host": ["127.0.0.1"] * 3,
                "pid": [10, 11, 10],
                "rows": [100, 50, 30],
                "started": [start, start + pd.Timedelta(seconds=1), start + pd.Timedelta(seconds=2)],
                "seconds": [2.0, 1.0, 1.0],
            }
        )

    def test_tasks_begin_when_the_first_one_does(self, tasks: pd.DataFrame) -> None:
        timeline = timeline_frame(tasks)

        assert list(timeline["begin"]) == [0.0, 1.0, 2.0]
        assert list(timeline["end"]) == [2.0, 2.0, 3.0]
        assert timeline["lane"].nunique() == 2

    def test_throughput_counts_every_row_once(self, tasks: pd.DataFrame) -> None:
        timeline = timeline_frame(tasks)
        rate = throughput_frame(timeline)

        step = timeline["end"].max() / len(rate[rate["executor"] == "0"])
        rows = rate.groupby("executor")["rows_per_second"].sum() * step
        assert rows.to_dict() == pytest.approx({"0": 130.0, "1": 50.0})

    def test_imbalance_is_the_busiest_executor_over_the_mean(self) -> None:
        assert imbalance(pd.DataFrame({"busy_seconds": [3.0, 1.0]})) == 1.5
        assert imbalance(pd.DataFrame({"busy_seconds": [0.0, 0.0]})) == 1.0

    def test_the_charts_draw_every_task_and_executor(self, tasks: pd.DataFrame) -> None:
        timeline = timeline_frame(tasks)
        executors = pd.DataFrame(
            {"executor": ["0", "1"], "rows": [130, 50], "tasks": [2, 1], "rows_per_second": [43.0, 50.0]}
        )

        assert values_of(spec_of(timeline_chart(timeline))).count('"lane"') == 3
        assert "rows_per_second" in fields_of(spec_of(throughput_chart(throughput_frame(timeline))))
        assert fields_of(spec_of(executors_chart(executors))) == {"executor", "rows", "tasks", "rows_per_second"}

    def test_an_executor_has_one_colour_on_every_chart(self, tasks: pd.DataFrame) -> None:
        timeline = timeline_frame(tasks)
        of_timeline = spec_of(timeline_chart(timeline))["encoding"]["color"]["scale"]
        of_rate = spec_of(throughput_chart(throughput_frame(timeline)))["encoding"]["color"]["scale"]

        assert of_timeline == of_rate
        assert len(set(of_timeline["range"])) == 2


def test_features_are_ranked_as_given() -> None:
    frame = pd.DataFrame({"feature": [NASTY, "b"], "mean_weight": [0.4, 0.1], "rows": [5, 9]})

    spec = spec_of(importance_chart(frame))

    assert spec["encoding"]["y"]["sort"] == [NASTY, "b"]
    assert fields_of(spec) == {"feature", "mean_weight", "rows"}


def test_the_curves_of_a_model_are_drawn_from_their_points() -> None:
    roc = pd.DataFrame({"false_positive_rate": [0, 1], "true_positive_rate": [0, 1], "threshold": [1, 0]})
    curve = pd.DataFrame({"recall": [0, 1], "precision": [1, 0.5], "threshold": [1, 0]})
    bins = pd.DataFrame({"predicted": [0.2, 0.8], "observed": [0.1, 0.9], "rows": [5, 7]})
    left = pd.DataFrame({"row": [3], "truth": [2.0], "predicted": [1.5], "residual": [0.5]})

    for chart, points in (
        (roc_chart, roc),
        (precision_recall_chart, curve),
        (calibration_chart, bins),
        (residuals_chart, left),
    ):
        spec = spec_of(chart(points))
        assert fields_of(spec) <= set(points.columns)
        assert json.dumps(points.to_dict("records")[0], sort_keys=True) in values_of(spec)


class TestDistribution:
    BARS = pd.DataFrame({"low": [0.0, 1.0], "high": [1.0, 2.0], "rows": [3, 4]})

    def test_the_axis_holds_a_value_that_is_further_out_than_all_bars(self) -> None:
        spec = spec_of(numbers_chart(self.BARS, (0.5,), (0.5, 7.0), 7.0, "#123456"))

        domains = [layer["encoding"]["x"]["scale"]["domain"] for layer in spec["layer"]]
        assert domains == [[0.0, 7.0]] * 4
        assert [layer["mark"]["type"] for layer in spec["layer"]] == ["rect", "bar", "rule", "rule"]

    def test_a_missing_value_has_no_line_and_no_bin(self) -> None:
        spec = spec_of(numbers_chart(self.BARS, (), None, None, "#123456"))

        assert [layer["mark"]["type"] for layer in spec["layer"]] == ["bar"]

    def test_categories_of_any_name_are_drawn(self) -> None:
        bars = pd.DataFrame({"order": [0, 1], "name": [NASTY, "b"], "rows": [3, 4], "place": ["own", "others"]})

        spec = spec_of(categories_chart(bars, "#123456", ("own", "others")))

        assert fields_of(spec) == {"order", "name", "rows", "place"}
        assert NASTY in json.loads(values_of(spec))[0][0].values()


def test_classes_are_compared_on_one_scale() -> None:
    cells = pd.DataFrame(
        [("x", 0, NASTY, 0, 0.5), ("y", 1, NASTY, 0, -0.7), ("y", 1, "b", 1, 0.1)],
        columns=["name", "class_order", "text", "order", "weight"],
    )

    spec = spec_of(classes_comparison_chart(cells))

    (colour,) = [
        layer["encoding"]["color"] for layer in spec["layer"] if "scale" in layer["encoding"].get("color", {})
    ]
    assert colour["scale"]["domain"] == [-0.7, 0, 0.7]
    assert fields_of(spec) == {"name", "class_order", "text", "order", "weight"}
