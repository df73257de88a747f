"""What the plots of a model show."""

import numpy as np
import pytest

from sparklime_core import SparkLimeError
from sparklime_core.models.evaluation import evaluate
from sparklime_core.models.settings import ModelSettings
from sparklime_core.models.train import train_with


def test_what_plots_show_comes_from_the_test_rows(penguins):
    model = train_with(penguins, ModelSettings(n_estimators=20))
    shown = evaluate(model.estimator, penguins, model.test_rows)
    assert shown.confusion()["rows"].sum() == len(model.test_rows)
    roc = shown.roc(0)
    assert roc.iloc[0]["true_positive_rate"] == 0
    assert roc.iloc[-1]["true_positive_rate"] == roc.iloc[-1]["false_positive_rate"] == 1
    area = np.trapezoid(roc["true_positive_rate"], roc["false_positive_rate"])
    assert area > 0.9
    curve = shown.precision_recall(1)
    assert curve["recall"].between(0, 1).all()
    calibration = shown.calibration(2)
    assert calibration["rows"].sum() == len(model.test_rows)
    assert calibration["observed"].between(0, 1).all()
    with pytest.raises(SparkLimeError, match="no class 7"):
        shown.roc(7)
    with pytest.raises(SparkLimeError, match="Residuals"):
        shown.residuals()


def test_residuals_are_truth_minus_prediction(diabetes):
    model = train_with(diabetes, ModelSettings(n_estimators=5))
    frame = evaluate(model.estimator, diabetes, model.test_rows).residuals()
    np.testing.assert_allclose(frame["residual"], frame["truth"] - frame["predicted"])
    assert np.abs(frame["residual"]).mean() == pytest.approx(model.metrics.values["mae"])
    with pytest.raises(SparkLimeError, match="residuals"):
        evaluate(model.estimator, diabetes, model.test_rows).confusion()
