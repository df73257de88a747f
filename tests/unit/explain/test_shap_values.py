"""SHAP values: that they add up, what they are of each kind of model, and what is said where there are none."""

import itertools
import math
import sys
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from sparklime_core.data.table_source import load_sample
from sparklime_core.errors import MissingExtraError, ModelError
from sparklime_core.explain import shap_values
from sparklime_core.explain.kinds.model_kind import kind_of
from sparklime_core.explain.shap_values import sample_of, sampled_shap, tree_shap
from sparklime_core.models.own_model import adopt_model
from tests.unit.explain.kinds.boosters import GAPPED, ROWS, SCORE, TARGETS
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
    model = GradientBoostingClassifier(loss="exponential", n_estimators=10).fit(X, TWO)
    with pytest.raises(ModelError, match="do not add up to its prediction"):
        tree_shap(model, "classification").explain(X[:1], np.ones(1, dtype=np.int64))
    with pytest.raises(ModelError, match="do not add up to its prediction"):
        tree_shap(model, "classification", X)


@pytest.mark.parametrize("place", [0, 2])
def test_no_row_has_values_where_shap_does_not_know_the_categories(place: int) -> None:
    coded = np.insert(X[:, :2], place, X[:, 2], axis=1)
    model = HistGradientBoostingClassifier(categorical_features=[place], max_iter=10).fit(coded, TWO)
    shown = 0
    for row in coded[:100]:
        try:
            tree_shap(model, "classification").explain(row[None], np.ones(1, dtype=np.int64))
            shown += 1
        except ModelError as error:
            assert "SHAP does not know the categories of HistGradientBoostingClassifier" in str(error)  # noqa: PT017
    assert shown == 0


@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(10, random_state=0),
        ExtraTreesClassifier(10, random_state=0),
        HistGradientBoostingClassifier(max_iter=10, random_state=0),
        HistGradientBoostingClassifier(max_iter=10, monotonic_cst=[1, -1, 0], random_state=0),
    ],
)
def test_gaps_and_monotonic_trees_add_up_in_every_row(model: Any) -> None:
    model.fit(GAPPED, TWO)
    shap = tree_shap(model, "classification", GAPPED)
    for row in GAPPED[:60]:
        shap.explain(row[None], np.ones(1, dtype=np.int64))


def test_large_trees_take_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    model = RandomForestClassifier(10, random_state=0).fit(X, TWO)
    few = tree_shap(model, "classification").most_rows
    monkeypatch.setattr(shap_values, "TREE_STEPS", 1.0)
    assert (few, tree_shap(model, "classification").most_rows) == (500, 1)
    monkeypatch.setattr(shap_values, "MOST_COST", 1.0)
    monkeypatch.setitem(sys.modules, "shap", None)  # it is refused before SHAP is asked to read it
    with pytest.raises(ModelError, match="trees of RandomForestClassifier are too large"):
        tree_shap(model, "classification")


@pytest.mark.parametrize("name", MODELS)
def test_the_cost_is_that_of_the_trees_that_shap_reads(name: str) -> None:
    import shap

    model, target, _ = MODELS[name]
    model.fit(X, target)
    trees = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent").model.trees
    expected = sum(int((tree.children_left < 0).sum()) * int(tree.max_depth) ** 2 for tree in trees)
    assert kind_of(model).shap_cost() == expected > 0


@pytest.mark.parametrize("library", MAKERS)
@pytest.mark.parametrize("target", ["two", "three"])
def test_large_boosters_get_fewer_rows_and_are_refused(
    library: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    small, large = kind(library, target, 5), kind(library, target, 20)
    leaves = sum(size for size, _ in large.tree_sizes())
    depth = max(deep for _, deep in large.tree_sizes())
    assert (leaves, depth) == leaves_and_depth(large)
    assert 0 < small.shap_cost() < large.shap_cost() <= leaves * depth**2

    monkeypatch.setattr(shap_values, "TREE_STEPS", 7 * large.shap_cost())
    assert tree_shap(large, "classification").most_rows == 7
    monkeypatch.setattr(shap_values, "MOST_COST", large.shap_cost() - 1)
    with pytest.raises(ModelError, match="model are too large for fast SHAP values"):
        tree_shap(large, "classification")


def leaves_and_depth(booster: Any) -> tuple[int, int]:
    """Return the leaves of all trees, for each score that they add to, and the depth of the deepest."""
    trees = booster.sum_of_trees()
    depth = np.zeros(len(trees.left), dtype=np.int64)
    for node in np.flatnonzero(trees.left >= 0):
        assert min(trees.left[node], trees.right[node]) > node
        depth[[trees.left[node], trees.right[node]]] = depth[node] + 1
    scores = trees.value.shape[1] if booster.library == "CatBoost" else 1
    return int((trees.left < 0).sum()) * scores, int(depth.max())


def test_a_wide_table_is_asked_about_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    table, asked = np.random.RandomState(0).normal(size=(60, 40)), []

    def model(rows: Any) -> Any:
        asked.append(rows.size)
        return np.tanh(rows).sum(axis=1) * rows[:, 0]

    def values() -> Any:
        found = sampled_shap(model, table, "regression", "probability")
        return found.explain(table[:2], np.zeros(2, dtype=np.int64)).values

    whole = values()
    monkeypatch.setattr(shap_values, "MOST_CELLS", 7 * 50 * 40)
    asked.clear()
    np.testing.assert_allclose(values(), whole, atol=1e-12)
    assert max(asked) == 7 * 50 * 40


def test_a_table_that_is_too_wide_is_refused_before_the_model_is_asked() -> None:
    def model(rows: Any) -> Any:
        raise AssertionError("it was asked")

    with pytest.raises(ModelError, match=r"20,000 features, which are too many .* more than 200,000 predictions"):
        sampled_shap(model, np.zeros((20, 20_000)), "regression", "probability")
    wide = sampled_shap(model, np.zeros((60, 1_900)), "regression", "probability")
    assert "190,100 predictions per row, of mixtures with 10 rows" in wide.how
    assert wide.most_rows == 5
    with pytest.raises(ModelError, match="rows of the table without a missing value"):
        sampled_shap(model, np.full((3, 2), np.nan), "regression", "probability")


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shap", None)
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
