"""Charts of classes."""

import pandas as pd
import pytest

from sparklime_core.charts.classes import (
    classes_comparison_chart,
    confusion_chart,
    predictions_chart,
    probabilities_chart,
)
from tests.unit.charts.specs import NASTY, fields_of, spec_of


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
