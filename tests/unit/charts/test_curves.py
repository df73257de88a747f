"""Curves of a model."""

import json

import pandas as pd

from sparklime_core.charts.curves import calibration_chart, precision_recall_chart, residuals_chart, roc_chart
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
