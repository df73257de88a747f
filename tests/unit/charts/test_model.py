"""Curves of a model."""

import json

import pandas as pd
import pytest

from sparklime_core.charts.model import (
    calibration_chart,
    confusion_chart,
    precision_recall_chart,
    predictions_chart,
    residuals_chart,
    roc_chart,
)
from tests.unit.charts.specs import fields_of, spec_of, values_of


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


@pytest.mark.parametrize(("classes", "numbered"), [(2, True), (12, True), (13, False)])
def test_a_confusion_matrix_has_numbers_while_they_can_be_read(classes: int, numbered: bool) -> None:
    frame = pd.DataFrame(
        [
            {"truth": f"c{i}", "predicted": f"c{j}", "true_order": i, "predicted_order": j, "rows": i * j}
            for i in range(classes)
            for j in range(classes)
        ]
    )

    spec = spec_of(confusion_chart(frame))

    assert any(layer["mark"]["type"] == "text" for layer in spec["layer"]) is numbered


def test_predicted_and_true_values_share_a_scale() -> None:
    frame = pd.DataFrame({"row": [1, 2], "truth": [1.0, 5.0], "predicted": [0.5, 7.0]})

    spec = spec_of(predictions_chart(frame))

    encoding = spec["layer"][1]["encoding"]
    assert encoding["x"]["scale"]["domain"] == encoding["y"]["scale"]["domain"] == [0.5, 7.0]
