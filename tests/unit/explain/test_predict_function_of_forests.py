import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from sparklime_core.explain.predict_function import fast_forest_predict

CLASSIFIERS = [RandomForestClassifier, ExtraTreesClassifier]
REGRESSORS = [RandomForestRegressor, ExtraTreesRegressor]


@pytest.fixture(scope="module")
def wine():
    return load_wine(return_X_y=True)


@pytest.fixture(scope="module")
def diabetes():
    return load_diabetes(return_X_y=True)


@pytest.mark.parametrize("forest", CLASSIFIERS)
@pytest.mark.parametrize("weights", [None, "balanced", "balanced_subsample"])
def test_a_forests_probabilities_keep_their_bits(wine, forest, weights):
    rows, target = wine
    model = forest(30, class_weight=weights, random_state=0, n_jobs=1).fit(rows, target)
    quick = fast_forest_predict(model.predict_proba)
    assert quick != model.predict_proba
    assert np.array_equal(quick(rows), model.predict_proba(rows))


@pytest.mark.parametrize("forest", REGRESSORS)
@pytest.mark.parametrize("criterion", ["squared_error", "absolute_error", "poisson"])
def test_a_forests_values_keep_their_bits(diabetes, forest, criterion):
    rows, target = diabetes
    model = forest(20, criterion=criterion, max_depth=5, random_state=0, n_jobs=1).fit(rows, target)
    quick = fast_forest_predict(model.predict)
    assert quick != model.predict
    assert np.array_equal(quick(rows), model.predict(rows))


@pytest.mark.filterwarnings(
    "ignore:overflow encountered in cast:RuntimeWarning"
)  # scikit-learn's, then it refuses
def test_what_scikit_learn_refuses_or_warns_of_is_left_to_it(wine):
    rows, target = wine
    model = RandomForestClassifier(3, random_state=0).fit(rows, target)
    quick = fast_forest_predict(model.predict_proba)
    huge = rows[:2].copy()
    huge[1, 3] = 1e300
    with pytest.raises(ValueError, match="too large"):
        quick(huge)
    with pytest.raises(ValueError, match="features"):
        quick(rows[:, :5])
    gaps = rows[:2].copy()
    gaps[0, 0] = np.nan
    assert np.array_equal(quick(gaps), model.predict_proba(gaps))


def test_a_model_fitted_on_names_needs_none_and_says_nothing(wine):
    rows, target = wine
    frame = pd.DataFrame(rows, columns=[f"c{at}" for at in range(rows.shape[1])])
    model = RandomForestClassifier(3, random_state=0).fit(frame, target)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = fast_forest_predict(model.predict_proba)(rows)
    assert np.array_equal(found, model.predict_proba(frame))


def test_anything_else_is_left_as_it_is(wine, diabetes):
    rows, target = wine
    model = RandomForestClassifier(3, random_state=0).fit(rows, target)
    boosted = GradientBoostingRegressor(n_estimators=3).fit(*diabetes)
    several = RandomForestClassifier(3, random_state=0).fit(rows, np.column_stack([target, target]))

    class Own(RandomForestClassifier):
        def predict_proba(self, X):  # noqa: N803
            return super().predict_proba(X)[:, ::-1]

    replaced = RandomForestClassifier(3, random_state=0).fit(rows, target)
    replaced.predict_proba = model.predict_proba
    for function in (
        np.sin,
        lambda values: 1 - model.predict_proba(values),
        model.predict,
        boosted.predict,
        several.predict_proba,
        Own(3, random_state=0).fit(rows, target).predict_proba,
        RandomForestClassifier().predict_proba,
    ):
        assert fast_forest_predict(function) is function
    assert np.array_equal(fast_forest_predict(replaced.predict_proba)(rows), model.predict_proba(rows))


def test_trees_that_are_fitted_again_are_read_again(wine):
    rows, target = wine
    model = RandomForestClassifier(3, random_state=0).fit(rows, target)
    quick = fast_forest_predict(model.predict_proba)
    before = quick(rows)
    model.set_params(n_estimators=5, warm_start=True).fit(rows, target)
    assert np.array_equal(quick(rows), model.predict_proba(rows))
    assert not np.array_equal(quick(rows), before)
    model.estimators_[0] = model.estimators_[1]
    assert np.array_equal(quick(rows), model.predict_proba(rows))


@pytest.mark.usefixtures("without_numba")
def test_numpy_gives_the_same_bits(wine):
    rows, target = wine
    model = RandomForestClassifier(30, random_state=0).fit(rows, target)
    assert np.array_equal(fast_forest_predict(model.predict_proba)(rows), model.predict_proba(rows))
