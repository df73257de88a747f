"""What is read of boosters: the sum of their trees against their own scores, and expectations by enumeration."""

import json

import numpy as np
import pytest
from lime.lime_tabular import LimeTabularExplainer

from sparklime_core import explain_rows
from sparklime_core.errors import EngineError, ModelError
from sparklime_core.explain.kinds.catboost_model import CatBoostModel
from sparklime_core.explain.kinds.lightgbm_model import LightGBMModel
from sparklime_core.explain.kinds.model_kind import kind_of
from sparklime_core.explain.kinds.xgboost_model import XGBoostModel
from tests.unit.explain.exact.test_columns import assert_as_enumerated
from tests.unit.explain.kinds.boosters import (
    NAMES,
    ROWS,
    SCORE,
    TARGETS,
    catboosted,
    lightgbm_boosted,
    xgboosted,
)

MAKERS = {"xgboost": xgboosted, "lightgbm": lightgbm_boosted, "catboost": catboosted}
PRECISION = {"xgboost": 2e-6, "lightgbm": 0.0, "catboost": 1e-14}
"""XGBoost adds up float32; the others add up doubles, in the order of their trees."""


def kind(library, target, rounds=20, **settings):
    """Return a fresh booster, through the bytes of its file."""
    found = kind_of(MAKERS[library](target, rounds, **settings)).alone()
    return found.spelled({2: NAMES})


def random_rows(count=400):
    """Return rows with gaps everywhere, and categories that no model knows."""
    state = np.random.RandomState(1)
    rows = np.column_stack([2 * state.normal(size=(count, 2)), state.randint(0, 7, size=count)])
    rows[::5, 0] = rows[::3, 1] = np.nan
    return rows


def assert_adds_up(found, tolerance):
    rows = random_rows()
    mode = "regression" if found.facts().classes is None else "classification"
    scores = found.margin(rows).reshape(len(rows), -1)
    sums = found.trees(mode, "margin").predict(rows)[:, -scores.shape[1] :]
    np.testing.assert_allclose(sums, scores, rtol=0, atol=tolerance * max(1, np.abs(scores).max()))


@pytest.mark.parametrize("library", MAKERS)
@pytest.mark.parametrize("target", TARGETS)
def test_the_trees_add_up_to_the_models_own_scores(library, target):
    assert_adds_up(kind(library, target), PRECISION[library])


@pytest.mark.parametrize(
    ("library", "settings"),
    [
        ("xgboost", {"num_parallel_tree": 3, "subsample": 0.5}),
        ("xgboost", {"base_score": 0.2, "max_leaves": 5, "grow_policy": "lossguide"}),
        ("xgboost", {"tree_method": "exact", "max_cat_to_onehot": 10} | {"tree_method": "hist"}),
        ("xgboost", {"objective": "binary:logitraw"}),
        ("xgboost", {"objective": "reg:logistic"}),
        ("lightgbm", {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}),
        ("lightgbm", {"boosting": "dart"}),
        ("lightgbm", {"use_missing": False}),
        ("lightgbm", {"objective": "cross_entropy"}),
        ("catboost", {"nan_mode": "Max"}),
        ("catboost", {"loss_function": "MultiClass"}),
        ("catboost", {"loss_function": "CrossEntropy", "one_hot_max_size": 20}),
    ],
    ids=str,
)
def test_settings_that_change_what_adds_up(library, settings):
    assert_adds_up(kind(library, "two", **settings), max(PRECISION[library], 1e-13))


def test_rounds_after_the_best_one_are_left_out():
    booster = xgboosted("two", rounds=30)
    booster.set_attr(best_iteration="11")
    found = kind_of(booster).alone()
    assert found.facts().notes == ("12 of 30 rounds are used, up to the best one",)
    np.testing.assert_allclose(
        found.margin(random_rows()),
        XGBoostModel(xgboosted("two", rounds=12)).margin(random_rows()),
        rtol=0,
        atol=1e-6,
    )
    assert_adds_up(found, PRECISION["xgboost"])


@pytest.mark.parametrize("library", MAKERS)
@pytest.mark.parametrize("target", ["two", "three", "numbers"])
def test_expectations_are_those_of_an_enumeration(library, target):
    found = kind(library, target, rounds=4, **({"max_depth": 3} if library != "catboost" else {}))
    mode = "regression" if target == "numbers" else "classification"
    explainer = LimeTabularExplainer(
        ROWS,
        mode=mode,
        training_labels=TARGETS[target],
        categorical_features=[2],
        categorical_names={2: list(NAMES)},
        random_state=0,
    )
    assert_as_enumerated(found, explainer, tolerance=2e-6 if library == "xgboost" else 1e-10)


@pytest.mark.parametrize(
    ("library", "settings", "named"),
    [
        ("xgboost", {"booster": "dart"}, "booster 'dart'"),
        ("lightgbm", {"zero_as_missing": True}, "zero_as_missing"),
        ("catboost", {"max_ctr_complexity": 2, "target": "counts"}, "several features at once"),
    ],
)
def test_what_is_no_sum_of_trees_is_refused_by_name(library, settings, named):
    found = kind(library, settings.pop("target", "two"), **settings)
    mode = "regression" if found.facts().classes is None else "classification"
    with pytest.raises(EngineError, match=named):
        found.trees(mode, "margin")


def test_linear_leaves_are_refused_by_name():
    import lightgbm

    data = lightgbm.Dataset(ROWS[:, :2], SCORE)
    linear = {"objective": "regression", "linear_tree": True, "verbose": -1, "num_threads": 1}
    with pytest.raises(EngineError, match="linear leaves"):
        LightGBMModel(lightgbm.train(linear, data, 5)).trees("regression", "probability")


@pytest.mark.parametrize(
    ("found", "named"),
    [
        (lambda: XGBoostModel(xgboosted("numbers", objective="rank:pairwise")), "'rank:pairwise'"),
        (lambda: XGBoostModel(xgboosted("two", objective="binary:hinge")), "'binary:hinge'"),
        (lambda: LightGBMModel(lightgbm_ranker()), "'lambdarank'"),
        (lambda: CatBoostModel(two_targets_of_catboost()), "'MultiRMSE'"),
    ],
)
def test_other_objectives_are_refused_by_name(found, named):
    with pytest.raises(ModelError, match=named):
        found().facts()


def lightgbm_ranker():
    import lightgbm

    data = lightgbm.Dataset(ROWS, TARGETS["three"], group=[100, 200])
    return lightgbm.train({"objective": "lambdarank", "verbose": -1, "num_threads": 1}, data, 3)


def two_targets_of_catboost():
    import catboost

    settings = {"loss_function": "MultiRMSE", "iterations": 2, "verbose": 0, "allow_writing_files": False}
    return catboost.CatBoost(settings).fit(ROWS, np.column_stack([SCORE, SCORE]))


@pytest.mark.parametrize("library", MAKERS)
def test_a_probability_of_boosted_trees_is_refused_with_the_margin(library):
    explainer = LimeTabularExplainer(ROWS, categorical_features=[2], random_state=0)
    with pytest.raises(EngineError, match="output='margin'"):
        explain_rows(explainer, kind(library, "two"), ROWS[:2], engine="exact")


def test_a_booster_starts_no_threads_where_it_is_told_so():
    import xgboost

    own = xgboost.XGBClassifier(n_estimators=2, n_jobs=2).fit(ROWS, TARGETS["two"])
    kind_of(own).use_one_thread()
    settings = json.loads(own.get_booster().save_config())["learner"]["generic_param"]
    assert (own.n_jobs, settings["nthread"]) == (1, "1")
