import warnings

import numpy as np
import pyarrow as pa
import pytest
from lime.lime_tabular import LimeTabularExplainer
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from sparklime_core import RESULT_SCHEMA, SparkLimeError, explain_rows
from sparklime_core.explain.task import BLOCK_ROWS

FEW = {"engine": "reference", "num_samples": 200}


@pytest.fixture(scope="module")
def wine():
    bunch = load_wine()
    model = RandomForestClassifier(15, random_state=0).fit(bunch.data, bunch.target)
    explainer = LimeTabularExplainer(
        bunch.data, feature_names=bunch.feature_names, class_names=["a", "b", "c"], random_state=9
    )
    return bunch.data, model, explainer


def limes_own(explainer_of, predict_fn, row, label, seed, **keywords):
    """Explain a row with an explainer that was made with the seed, as the seed contract says."""
    explainer = explainer_of(np.random.RandomState(seed))
    explainer.random_state.seed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return explainer.explain_instance(row, predict_fn, labels=(label,), **keywords)


def test_a_row_is_what_lime_itself_says_under_the_seed_contract(wine):
    rows, model, explainer = wine
    names = explainer.feature_names

    def explainer_of(state):
        return LimeTabularExplainer(rows, feature_names=names, class_names=["a", "b", "c"], random_state=state)

    table = explain_rows(explainer, model.predict_proba, rows[:3], labels=[0, 2], seed=5, **FEW)
    assert table.schema.equals(RESULT_SCHEMA)
    assert table["row_id"].to_pylist() == [0, 0, 1, 1, 2, 2]
    for found in table.to_pylist():
        row = rows[found["row_id"]]
        expected = limes_own(explainer_of, model.predict_proba, row, found["label"], 5, num_samples=200)
        pairs = [(reason["feature_explanation"], reason["weight"]) for reason in found["explanation"]]
        assert pairs == expected.as_list(label=found["label"])
        assert found["intercept"] == expected.intercept[found["label"]]
        assert found["score"] == expected.score
        assert found["local_prediction"] == expected.local_pred[0]
        assert found["prediction"] == model.predict_proba(row[None])[0, found["label"]]
        assert found["label_name"] == "abc"[found["label"]]


def test_the_explainer_that_was_passed_is_left_as_it_was(wine):
    rows, model, explainer = wine
    before = explainer.random_state.get_state()[1].copy()
    explain_rows(explainer, model.predict_proba, rows[:1], **FEW)
    np.testing.assert_array_equal(explainer.random_state.get_state()[1], before)


def test_predicted_is_the_most_probable_class_of_each_row(wine):
    rows, model, explainer = wine
    some = rows[[0, 70, 150]]
    table = explain_rows(explainer, model.predict_proba, some, **FEW)
    assert table["label"].to_pylist() == model.predict_proba(some).argmax(axis=1).tolist()
    every = explain_rows(explainer, model.predict_proba, some, labels="all", **FEW)
    assert every.num_rows == 9


def test_regression_has_one_label():
    rows, target = load_diabetes(return_X_y=True)
    model = RandomForestRegressor(10, random_state=0).fit(rows, target)
    explainer = LimeTabularExplainer(rows, mode="regression", random_state=0)
    table = explain_rows(explainer, model.predict, rows[:2], **FEW)
    assert table["label"].to_pylist() == [0, 0]
    assert table["prediction"].to_pylist() == model.predict(rows[:2]).tolist()
    expected = LimeTabularExplainer(rows, mode="regression", random_state=np.random.RandomState(0))
    expected.random_state.seed(0)
    pairs = expected.explain_instance(rows[0], model.predict, num_samples=200).as_list()
    assert [(r["feature_explanation"], r["weight"]) for r in table["explanation"][0].as_py()] == pairs


def test_a_bad_row_has_its_error_and_costs_the_others_nothing(wine):
    rows, model, explainer = wine
    some = rows[:4].copy()
    some[1, 3] = np.nan
    some[2, 5] = np.inf
    table = explain_rows(explainer, model.predict_proba, some, **FEW)
    errors = table["error"].to_pylist()
    assert errors[0] is errors[3] is None
    assert errors[1] == "The value of 'alcalinity_of_ash' is missing, and the model has never seen it missing."
    assert "'total_phenols' is inf" in errors[2]
    assert table["explanation"][1].as_py() is None
    good = explain_rows(explainer, model.predict_proba, rows[[0, 3]], **FEW)
    assert (
        table.filter(pa.compute.is_null(table["error"])).drop_columns("row_id").equals(good.drop_columns("row_id"))
    )


def test_a_row_that_makes_the_model_raise_has_its_error(wine):
    rows, model, explainer = wine

    def predict(batch):
        if (batch[:, 0] == rows[1, 0]).any():
            raise ZeroDivisionError("this wine is too good")
        return model.predict_proba(batch)

    table = explain_rows(explainer, predict, rows[:3], labels="all", **FEW)
    assert "too good" in table["error"][3].as_py()
    assert table["error"].null_count == 6
    assert table["label"].to_pylist() == [0, 1, 2] * 3 or table["label"].to_pylist()[3] is None


def test_unknown_categories_are_errors_of_their_rows():
    rng = np.random.RandomState(0)
    rows = np.column_stack([rng.randint(0, 3, 200), rng.rand(200)]).astype(float)
    model = RandomForestClassifier(5, random_state=0).fit(rows, rows[:, 0] > 0)
    explainer = LimeTabularExplainer(rows, categorical_features=[0], categorical_names={0: ["a", "b", "c"]})
    some = np.array([[0, 0.5], [3, 0.5], [-1, 0.5], [1.5, 0.5]])
    table = explain_rows(explainer, model.predict_proba, some, **FEW)
    assert table["error"][0].as_py() is None
    assert all("no category" in error for error in table["error"].to_pylist()[1:])
    assert "0=a" in {reason["feature_explanation"] for reason in table["explanation"][0].as_py()}


@pytest.mark.parametrize(
    ("predict", "words"),
    [
        (lambda rows: np.zeros(len(rows)), "shape"),
        (lambda rows: np.full((len(rows), 3), np.nan), "finite"),
        (lambda rows: np.full((len(rows), 3), 0.5), "sum to 1.5"),
        (lambda rows: np.full((3, 3), 1 / 3), "shape"),
        (lambda rows: np.full((len(rows), 2), 0.5), "3 classes"),
        (lambda rows: [["x"] * 3] * len(rows), "no numbers"),
    ],
)
def test_a_predict_function_that_is_wrong_is_said_in_one_sentence(wine, predict, words):
    rows, _, explainer = wine
    with pytest.raises(SparkLimeError, match=words) as caught:
        explain_rows(explainer, predict, rows[:2], **FEW)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "keywords",
    [
        {"engine": "magic"},
        {"labels": "best"},
        {"labels": []},
        {"labels": [0, 0]},
        {"labels": [-1]},
        {"labels": [3]},
        {"labels": [None]},
        {"num_features": 0},
        {"num_features": 2.5},
        {"num_samples": 1},
        {"seed": -1},
        {"seed": 2**32},
    ],
)
def test_settings_are_checked(wine, keywords):
    rows, model, explainer = wine
    with pytest.raises(SparkLimeError):
        explain_rows(explainer, model.predict_proba, rows[:1], **{**FEW, **keywords})


def test_rows_of_another_width_are_refused(wine):
    rows, model, explainer = wine
    with pytest.raises(SparkLimeError, match="13 features"):
        explain_rows(explainer, model.predict_proba, rows[:2, :5], **FEW)
    with pytest.raises(SparkLimeError, match="numbers"):
        explain_rows(explainer, model.predict_proba, [["x"] * 13], **FEW)
    assert explain_rows(explainer, model.predict_proba, rows[:0], **FEW).num_rows == 0


def test_rows_are_explained_the_same_across_blocks(wine):
    rows, model, explainer = wine
    many = np.tile(rows, (2, 1))[: BLOCK_ROWS + 2]
    few = {"engine": "reference", "num_samples": 20}
    whole = explain_rows(explainer, model.predict_proba, many, **few)
    assert whole["row_id"].to_pylist() == list(range(BLOCK_ROWS + 2))
    tail = explain_rows(explainer, model.predict_proba, many[BLOCK_ROWS:], **few)
    assert whole.slice(BLOCK_ROWS).drop_columns("row_id").equals(tail.drop_columns("row_id"))
