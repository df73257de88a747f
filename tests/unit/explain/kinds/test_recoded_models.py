"""The margin of a pipeline on a table's own columns."""

import io

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sparklime_core import SparkLimeError, adopt_model, build_explainer, explain_rows, read_csv
from sparklime_core.errors import ModelError
from sparklime_core.explain.shap_values import tree_shap

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


@pytest.mark.parametrize("output", ["probability", "margin"])
def test_trees_on_columns_of_numbers_are_explained_exactly(output):
    state = np.random.RandomState(0)
    frame = pd.DataFrame({"whole": state.randint(0, 40, 200), "gappy": state.normal(size=200).round(4)})
    frame.loc[::6, "gappy"] = np.nan
    frame["y"] = ((frame["whole"] > 17) & (frame["gappy"].fillna(1) > 0)).astype(int)
    dataset = read_csv(frame.to_csv(index=False).encode(), "y")
    kind = RandomForestClassifier if output == "probability" else HistGradientBoostingClassifier
    settings = {"n_estimators": 5} if output == "probability" else {"max_iter": 5}
    # In another order than the table's, so that they are its columns and not its features.
    model = adopt_model(kind(**settings, random_state=0).fit(frame[["gappy", "whole"]], frame["y"]), dataset)
    found = {
        engine: explain_rows(
            build_explainer(dataset),
            model,
            dataset.features[:3],
            engine=engine,
            num_samples=100_000,
            output=output,
        )
        for engine in ("exact", "sampled")
    }
    for row in range(3):
        exact, sampled = (
            {term["feature"]: term["weight"] for term in table["explanation"][row].as_py()}
            for table in found.values()
        )
        assert exact == pytest.approx(sampled, abs=0.02)


def test_trees_on_columns_of_numbers_have_shap_values_by_feature():
    state = np.random.RandomState(0)
    frame = pd.DataFrame({"first": state.normal(size=90).round(3), "second": state.normal(size=90).round(3)})
    frame["y"] = (frame["second"] > 0).map({True: "yes", False: "no"})
    own = RandomForestClassifier(5, random_state=0).fit(frame[["second", "first"]], frame["y"])
    dataset = read_csv(frame.to_csv(index=False).encode(), "y")

    found = tree_shap(adopt_model(own, dataset), "classification").explain(dataset.features, np.ones(90, int))

    probabilities = own.predict_proba(frame[["second", "first"]])[:, 1]
    np.testing.assert_allclose(found.base + found.values.sum(axis=1), probabilities, atol=1e-9)
    first, second = np.abs(found.values).mean(axis=0)
    assert second > 3 * first


def test_a_pipeline_has_no_fast_shap_values(table, dataset):
    model = adopt_model(fitted(RandomForestClassifier(3), table), dataset)
    with pytest.raises(ModelError, match="no fast way to SHAP values of Pipeline"):
        tree_shap(model, "classification")
