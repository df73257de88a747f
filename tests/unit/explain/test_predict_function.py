import numpy as np
import pytest
from lime.lime_tabular import LimeTabularExplainer
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from sparklime_core import explain_rows
from sparklime_core.errors import PredictionError

FEW = {"engine": "reference", "num_samples": 100}


@pytest.mark.parametrize(
    ("load", "forest", "mode", "method"),
    [
        (load_iris, RandomForestClassifier, "classification", "predict_proba"),
        (load_diabetes, RandomForestRegressor, "regression", "predict"),
    ],
)
def test_an_estimator_stands_for_its_bound_method(load, forest, mode, method):
    rows, target = load(return_X_y=True)
    model = forest(3, random_state=0).fit(rows, target)
    explainer = LimeTabularExplainer(rows, mode=mode)
    by_itself = explain_rows(explainer, model, rows[:2], **FEW)
    assert by_itself.equals(explain_rows(explainer, getattr(model, method), rows[:2], **FEW))


def test_what_can_predict_nothing_is_refused_by_name():
    explainer = LimeTabularExplainer(np.random.RandomState(0).normal(size=(20, 2)))
    with pytest.raises(PredictionError, match=r"an estimator with predict_proba, not RandomForestRegressor"):
        explain_rows(explainer, RandomForestRegressor(), np.zeros((1, 2)))
