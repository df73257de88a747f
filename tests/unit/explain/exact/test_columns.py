"""Gaps and categories in splits, against an enumeration of everything that lime can draw."""

import itertools

import numpy as np
import pytest
from lime.lime_tabular import LimeTabularExplainer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from sparklime_core import explain_rows
from sparklime_core.errors import EngineError
from sparklime_core.explain.exact.columns import read_columns
from sparklime_core.explain.exact.exact_engine import kernel_factor
from sparklime_core.explain.exact.expectations import expectations
from sparklime_core.explain.exact.splits import compile_trees
from sparklime_core.explain.kinds.model_kind import read_ensemble
from sparklime_core.explain.predict_function import resolve_predict
from tests.unit.explain.exact.enumeration import enumerated, everything_drawn

STATE = np.random.RandomState(5)
ROWS = np.column_stack([STATE.normal(size=150), STATE.normal(size=150), STATE.randint(0, 5, size=150)])
SCORE = ROWS[:, 0] + np.array([0, 2, -1, 0.5, 1])[ROWS[:, 2].astype(int)] * (ROWS[:, 1] + 0.7)
TWO, THREE = (SCORE > 0).astype(int), np.digitize(SCORE, [-0.5, 0.5])

BINNED = {"max_iter": 4, "max_depth": 3, "min_samples_leaf": 5, "random_state": 0, "categorical_features": [2]}


def explainer_of(target, mode):
    return LimeTabularExplainer(
        ROWS,
        mode=mode,
        training_labels=target,
        categorical_features=[2],
        categorical_names={2: list("abcde")},
        random_state=0,
    )


def assert_as_enumerated(model, explainer, output="margin", tolerance=1e-10):
    """Compare the expectations of all combinations of bins with those over everything that lime can draw."""
    predict = resolve_predict(model, explainer.mode, output)
    ensemble, columns = read_ensemble(predict, explainer.mode), read_columns(explainer)
    rho = kernel_factor(explainer)
    trees = compile_trees(ensemble, columns, rho)
    bins = [range(len(column.codes)) for column in columns]
    positions = np.array(list(itertools.product(*bins)))
    wanted = np.ones((len(positions), ensemble.value.shape[1]), dtype=bool)
    found = expectations(trees, trees.starts[:-1] + positions, wanted, listed=False)
    drawn = everything_drawn(explainer, ensemble)
    predicted = predict(drawn[:, :, 2]).reshape(len(drawn), -1)
    for at in range(0, len(positions), 3):
        codes = [column.codes[where] for column, where in zip(columns, positions[at], strict=True)]
        mean, covariance = enumerated(drawn, predicted, codes, rho)
        np.testing.assert_allclose(found.mean[at], mean, rtol=0, atol=tolerance)
        np.testing.assert_allclose(found.covariance[at], covariance, rtol=0, atol=tolerance)


@pytest.mark.parametrize(
    ("model", "target"),
    [
        (HistGradientBoostingClassifier(**BINNED), TWO),
        (HistGradientBoostingClassifier(**BINNED), THREE),
        (HistGradientBoostingRegressor(**BINNED), SCORE),
        (HistGradientBoostingRegressor(loss="poisson", **BINNED), np.exp(SCORE)),
    ],
    ids=["two classes", "three classes", "numbers", "counts"],
)
def test_sets_of_categories(model, target):
    model.fit(ROWS, target)
    assert any(tree.nodes["is_categorical"].any() for rounds in model._predictors for tree in rounds)
    mode = "classification" if hasattr(model, "predict_proba") else "regression"
    assert_as_enumerated(model, explainer_of(target, mode))


def test_the_trees_add_up_to_the_models_own_scores():
    rows = ROWS.copy()
    rows[::7, 0] = np.nan
    model = HistGradientBoostingClassifier(**{**BINNED, "max_iter": 30}).fit(rows, THREE)
    asked = np.column_stack([STATE.normal(size=(500, 2)), STATE.randint(-1, 8, size=500)])
    asked[::3, 1] = asked[::5, 0] = np.nan
    ensemble = read_ensemble(resolve_predict(model, "classification", "margin"), "classification")
    np.testing.assert_allclose(ensemble.predict(asked), model.decision_function(asked), rtol=0, atol=1e-12)


def test_what_is_no_sum_is_refused_with_the_margin():
    counts = HistGradientBoostingRegressor(loss="poisson", **BINNED).fit(ROWS, np.exp(SCORE))
    with pytest.raises(EngineError, match="output='margin'"):
        explain_rows(explainer_of(SCORE, "regression"), counts, ROWS[:2], engine="exact")


def test_categories_that_lime_takes_for_numbers():
    model = HistGradientBoostingClassifier(**BINNED).fit(ROWS, TWO)
    with pytest.raises(EngineError, match=r"feature 2.*categorical_features"):
        explain_rows(LimeTabularExplainer(ROWS, random_state=0), model, ROWS[:2], engine="exact", output="margin")
