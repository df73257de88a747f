"""The margin of a pipeline on a table's own columns."""

import io

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sparklime_core import SparkLimeError, adopt_model, build_explainer, explain_rows, read_csv

CONTENT = "town,size,y\n" + "".join(
    f"{'ab'[n % 3 > 1]},{n * 7 % 11},{int(n % 3 > 1 or n % 5 > 3)}\n" for n in range(90)
)
FEW = {"num_samples": 50, "num_features": 2}


@pytest.fixture(scope="module")
def table():
    return pd.read_csv(io.StringIO(CONTENT))


@pytest.fixture(scope="module")
def dataset():
    return read_csv(CONTENT.encode(), "y")


def fitted(last, table):
    columns = ColumnTransformer([("town", OneHotEncoder(), ["town"])], remainder="passthrough")
    return make_pipeline(columns, last).fit(table[["town", "size"]], table["y"])


def test_the_margin_of_a_pipeline_is_that_of_its_last_step(table, dataset):
    own = fitted(GradientBoostingClassifier(n_estimators=5), table)
    model = adopt_model(own, dataset)
    found = explain_rows(build_explainer(dataset), model, dataset.features[:4], output="margin", **FEW)
    np.testing.assert_allclose(found["prediction"], own.decision_function(table[["town", "size"]][:4]), atol=1e-9)


def test_a_pipeline_that_has_no_margin_or_no_closed_form_is_refused_by_its_name(table, dataset):
    explainer, rows = build_explainer(dataset), dataset.features[:1]
    linear = adopt_model(fitted(LogisticRegression(), table), dataset)
    with pytest.raises(SparkLimeError, match="LogisticRegression has no margin that is known here"):
        explain_rows(explainer, linear, rows, output="margin", **FEW)
    with pytest.raises(
        SparkLimeError, match="does not know Pipeline, which is no sum of trees; use engine 'sampled'"
    ):
        explain_rows(explainer, linear, rows, engine="exact", **FEW)
