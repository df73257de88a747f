"""SHAP values: that they add up, what they are of each kind of model, and what is said where there are none."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from sparklime_core.data.samples import load_sample
from sparklime_core.errors import MissingExtraError, ModelError
from sparklime_core.explain import shap_values
from sparklime_core.explain.shap_values import sample_of, sampled_shap, tree_shap
from sparklime_core.models.own_model import adopt_model
from tests.unit.explain.kinds.boosters import ROWS, SCORE, TARGETS
from tests.unit.explain.kinds.test_boosters import MAKERS, kind, random_rows

X, THREE, TWO = ROWS, TARGETS["three"], TARGETS["two"]
MODELS = {
    "tree": (DecisionTreeClassifier(random_state=0), THREE, "probability"),
    "forest": (RandomForestClassifier(10, random_state=0), THREE, "probability"),
    "extra trees": (ExtraTreesRegressor(10, random_state=0), SCORE, "probability"),
    "boosting": (GradientBoostingClassifier(n_estimators=10, random_state=0), TWO, "margin"),
    "boosted numbers": (GradientBoostingRegressor(n_estimators=10, random_state=0), SCORE, "probability"),
    "histograms": (HistGradientBoostingClassifier(max_iter=10, random_state=0), THREE, "margin"),
    "histograms of two": (HistGradientBoostingClassifier(max_iter=10, random_state=0), TWO, "margin"),
    "histograms with a link": (
        HistGradientBoostingRegressor(loss="poisson", max_iter=10),
        np.exp(SCORE),
        "margin",
    ),
}


def mode_of(model: Any) -> str:
    return "classification" if hasattr(model, "predict_proba") else "regression"


@pytest.mark.parametrize("name", MODELS)
def test_base_value_and_values_add_up_to_what_the_model_says(name: str) -> None:
    model, target, output = MODELS[name]
    model.fit(X, target)
    labels = np.arange(40) % (1 if mode_of(model) == "regression" else len(model.classes_))

    shap = tree_shap(model, mode_of(model))
    found = shap.explain(X[:40], labels)

    assert shap.output == output
    assert found.values.shape == (40, 3)
    said = model.predict(X[:40]) if mode_of(model) == "regression" else model.predict_proba(X[:40])
    if output == "margin" and mode_of(model) == "regression":
        said = np.log(said)
    elif output == "margin":
        said = model.decision_function(X[:40])
        said = said if said.ndim == 2 else np.column_stack([-said, said])
    said = said if said.ndim == 1 else said[np.arange(40), labels]
    np.testing.assert_allclose(found.base + found.values.sum(axis=1), said, atol=1e-8)
    assert np.ptp(found.base[labels == 0]) == 0


@pytest.mark.parametrize("library", MAKERS)
@pytest.mark.parametrize("target", TARGETS)
def test_a_boosters_own_values_add_up_to_its_scores(library: str, target: str) -> None:
    found, rows = kind(library, target), random_rows(60)
    values = found.contributions(rows)
    scores = found.scores(rows).reshape(60, -1)
    assert values.shape == (60, 4, scores.shape[1])
    np.testing.assert_allclose(values.sum(axis=1), scores, atol=5e-6)


@pytest.mark.parametrize("library", MAKERS)
def test_a_booster_over_a_table_has_values_by_the_tables_features(library: str) -> None:
    dataset = load_sample("breast_cancer")
    columns = [3, 0, 20]
    booster = _estimator(library).fit(_frame(dataset, columns), dataset.target)
    model = adopt_model(booster, dataset)

    found = tree_shap(model, "classification")
    values = found.explain(dataset.features[:30], np.ones(30, dtype=np.int64)).values

    assert found.output == "margin"
    assert found.most_rows == 500
    assert set(np.flatnonzero(np.abs(values).sum(axis=0))) <= set(columns)
    other = found.explain(dataset.features[:30], np.zeros(30, dtype=np.int64)).values
    np.testing.assert_allclose(other, -values)


def test_shapley_values_by_all_orders_are_those_that_are_sampled() -> None:
    table = np.random.RandomState(0).normal(size=(6, 3))
    row = np.array([0.5, -1.0, 2.0])

    def model(rows: Any) -> Any:
        return rows[:, 0] * rows[:, 1] + rows[:, 2]

    def value(known: set[int]) -> float:
        mixed = table.copy()
        mixed[:, list(known)] = row[list(known)]
        return float(model(mixed).mean())

    by_hand = [
        sum(
            math.factorial(len(before))
            * math.factorial(2 - len(before))
            / math.factorial(3)
            * (value({*before, feature}) - value(set(before)))
            for size in range(3)
            for before in itertools.combinations([at for at in range(3) if at != feature], size)
        )
        for feature in range(3)
    ]
    found = sampled_shap(model, table, "regression", "probability").explain(row[None], np.zeros(1, dtype=np.int64))

    assert found.base[0] == pytest.approx(value(set()))
    assert found.values[0] == pytest.approx(by_hand)  # an order and its reverse are exact for products of two


def test_what_is_sampled_adds_up_and_comes_again() -> None:
    model = LogisticRegression().fit(X, THREE)
    shap, labels = sampled_shap(model, X, "classification", "probability"), np.array([0, 1, 2])
    found = shap.explain(X[:3], labels)
    np.testing.assert_allclose(
        found.base + found.values.sum(axis=1), model.predict_proba(X[:3])[np.arange(3), labels], atol=1e-12
    )
    again = sampled_shap(model, X, "classification", "probability").explain(X[:3], labels)
    np.testing.assert_array_equal(found.values, again.values)
    assert "2,000 predictions per row" in shap.how
    assert shap.most_rows == 500


def test_a_sample_leaves_gaps_out_and_keeps_the_order() -> None:
    table = np.arange(20.0)[:, None]
    table[3] = np.nan
    found = sample_of(table, 5)[:, 0]
    assert len(found) == 5
    assert list(found) == sorted(found)
    assert not np.isnan(sample_of(table, 100)).any()


def test_other_models_have_no_fast_values_and_the_sentence_says_so() -> None:
    with pytest.raises(ModelError, match="no fast way to SHAP values of LogisticRegression"):
        tree_shap(LogisticRegression().fit(X, TWO), "classification")
    with pytest.raises(ModelError, match="SHAP does not know this GradientBoostingClassifier"):
        tree_shap(GradientBoostingClassifier(n_estimators=2).fit(X, THREE), "classification")


def test_values_that_do_not_add_up_are_never_shown() -> None:
    coded = X[:, [2, 0]]
    model = HistGradientBoostingClassifier(categorical_features=[0], max_iter=10).fit(coded, TWO)
    with pytest.raises(ModelError, match="do not add up to its prediction"):
        tree_shap(model, "classification").explain(coded[:40], np.ones(40, dtype=np.int64))


def test_large_trees_take_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    model = RandomForestClassifier(10, random_state=0).fit(X, TWO)
    few = tree_shap(model, "classification").most_rows
    monkeypatch.setattr(shap_values, "TREE_STEPS", 1.0)
    assert (few, tree_shap(model, "classification").most_rows) == (500, 20)
    monkeypatch.setattr(shap_values, "MOST_COST", 1.0)
    with pytest.raises(ModelError, match="trees of RandomForestClassifier are too large"):
        tree_shap(model, "classification")


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "shap", None)
    with pytest.raises(MissingExtraError, match=r"the package shap: pip install 'sparklime\[shap\]'"):
        tree_shap(RandomForestClassifier(2).fit(X, TWO), "classification")


def _frame(dataset: Any, columns: list[int]) -> Any:
    import pandas as pd

    return pd.DataFrame({dataset.feature_names[at]: dataset.features[:, at] for at in columns})


def _estimator(library: str) -> Any:
    if library == "xgboost":
        import xgboost

        return xgboost.XGBClassifier(n_estimators=10, n_jobs=1)
    if library == "lightgbm":
        import lightgbm

        return lightgbm.LGBMClassifier(n_estimators=10, verbose=-1, n_jobs=1)
    import catboost

    return catboost.CatBoostClassifier(iterations=10, verbose=False, thread_count=1, allow_writing_files=False)
