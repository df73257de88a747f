import numpy as np
import pytest
from lime.lime_tabular import LimeTabularExplainer
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from sparklime_core import explain_rows, stability
from sparklime_core.errors import EngineError, SettingsError
from sparklime_core.explain.schema import STABILITY_FEATURE_SCHEMA, STABILITY_ROW_SCHEMA

FEW = {"num_samples": 300, "num_features": 4}


@pytest.fixture(scope="module")
def wine():
    bunch = load_wine()
    forest = RandomForestClassifier(15, random_state=0).fit(bunch.data, bunch.target)
    names = ["a", "b", "c"]
    return (
        bunch.data,
        forest,
        LimeTabularExplainer(bunch.data, feature_names=bunch.feature_names, class_names=names),
    )


def test_the_figures_are_those_of_separate_runs(wine):
    rows, forest, explainer = wine
    found = stability(explainer, forest.predict_proba, rows[:2], pools=4, top=2, labels="all", seed=11, **FEW)
    assert found.rows.schema.equals(STABILITY_ROW_SCHEMA)
    assert found.features.schema.equals(STABILITY_FEATURE_SCHEMA)
    assert found.rows["row_id"].to_pylist() == [0, 0, 0, 1, 1, 1]
    assert found.rows["label_name"].to_pylist() == ["a", "b", "c"] * 2
    runs = [
        explain_rows(explainer, forest.predict_proba, rows[:2], engine="reference", labels="all", seed=seed, **FEW)
        for seed in range(11, 15)
    ]
    for pair in range(6):
        lists = [run["explanation"][pair].as_py() for run in runs]
        key = runs[0]["row_id"][pair].as_py(), runs[0]["label"][pair].as_py()
        mine = [row for row in found.features.to_pylist() if (row["row_id"], row["label"]) == key]
        texts = {term["feature_explanation"] for terms in lists for term in terms}
        assert {row["feature_explanation"] for row in mine} == texts
        assert [abs(row["mean"]) for row in mine] == sorted((abs(row["mean"]) for row in mine), reverse=True)
        for row in mine:
            weights = [
                term["weight"]
                for terms in lists
                for term in terms
                if term["feature_explanation"] == row["feature_explanation"]
            ]
            leading = [
                row["feature_explanation"] in [t["feature_explanation"] for t in terms[:2]] for terms in lists
            ]
            assert row["chosen"] == len(weights) / 4
            assert row["top"] == np.mean(leading)
            assert row["mean"] == pytest.approx(np.mean(weights), abs=1e-9)
            if len(weights) > 1:
                assert row["std"] == pytest.approx(np.std(weights, ddof=1), abs=1e-9)
            else:
                assert row["std"] is None
            assert row["exact"] is None
        sets = [{term["feature_explanation"] for term in terms} for terms in lists]
        shared = [len(a & b) / 4 for i, a in enumerate(sets) for b in sets[i + 1 :]]
        assert found.rows["vsi"][pair].as_py() == pytest.approx(100 * np.mean(shared))
        assert 0 <= found.rows["csi"][pair].as_py() <= 100


def test_one_seed_over_and_over_is_perfectly_stable(wine, monkeypatch):
    rows, forest, explainer = wine
    monkeypatch.setattr("sparklime_core.explain.stability_task.MAX_SEED", 0)  # so that every seed is 0
    found = stability(explainer, forest.predict_proba, rows[:3], pools=3, **FEW)
    for row in found.rows.to_pylist():
        assert (row["vsi"], row["csi"], row["jaccard"]) == (100, 100, 1)
        assert row["sampling_rmse"] is None
    assert set(found.features["chosen"].to_pylist()) == {1.0}
    assert max(found.features["std"].to_pylist()) < 1e-15


def test_more_samples_are_more_stable(wine):
    rows, forest, explainer = wine
    few, many = (
        stability(
            explainer, forest.predict_proba, rows[:20], pools=6, num_features=4, num_samples=size, exact=True
        )
        for size in (200, 5000)
    )
    for figure, better in (("vsi", 1), ("jaccard", 1), ("sampling_rmse", -1), ("sampling_max", -1)):
        gain = np.mean(many.rows[figure]) - np.mean(few.rows[figure])
        assert better * gain > 0, figure
    assert 1 / 10 < np.mean(many.rows["sampling_rmse"]) / np.mean(few.rows["sampling_rmse"]) < 1 / 2.5


def test_bad_rows_have_errors(wine):
    rows, forest, explainer = wine
    some = rows[:3].copy()
    some[1, 0] = np.nan
    found = stability(explainer, forest.predict_proba, some, pools=2, **FEW)
    assert found.rows["row_id"].to_pylist() == [0, 1, 2]
    assert found.rows["label"].to_pylist()[1] is None
    assert "never seen it missing" in found.rows["error"].to_pylist()[1]
    assert found.rows["vsi"].null_count == 1
    assert set(found.features["row_id"].to_pylist()) == {0, 2}


def test_all_rows_bad(wine):
    rows, forest, explainer = wine
    found = stability(explainer, forest.predict_proba, rows[:2] * np.nan, pools=2, **FEW)
    assert found.rows.num_rows == 2
    assert found.features.num_rows == 0


def test_the_last_seed_is_followed_by_the_first(wine):
    rows, forest, explainer = wine
    found = stability(explainer, forest.predict_proba, rows[:1], pools=2, seed=2**32 - 1, **FEW)
    assert found.rows["error"].to_pylist() == [None]


def test_regression_and_columns_that_are_not_binned():
    bunch = load_diabetes()
    forest = RandomForestRegressor(10, random_state=0).fit(bunch.data, bunch.target)
    explainer = LimeTabularExplainer(bunch.data, mode="regression", discretize_continuous=False)
    found = stability(explainer, forest.predict, bunch.data[:2], pools=3, **FEW)
    assert found.rows["label"].to_pylist() == [0, 0]
    assert set(found.features["feature_explanation"].to_pylist()) <= {str(column) for column in range(10)}


def test_exact_weights_are_refused_where_there_are_none(wine):
    rows, forest, explainer = wine
    with pytest.raises(EngineError):
        stability(explainer, lambda x: forest.predict_proba(x), rows[:1], exact=True, **FEW)  # noqa: PLW0108


@pytest.mark.parametrize("wrong", [{"pools": 1}, {"pools": 2.5}, {"pools": True}, {"top": 0}, {"top": "5"}])
def test_settings_are_checked(wine, wrong):
    rows, forest, explainer = wine
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        stability(explainer, forest.predict_proba, rows[:1], **wrong)
