"""What the engine cannot do it says by name, before any work, with the engine that can."""

import numpy as np
import pytest
from lime.discretize import QuartileDiscretizer
from lime.lime_tabular import LimeTabularExplainer, RecurrentTabularExplainer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from sparklime_core import explain_rows
from sparklime_core.errors import EngineError
from sparklime_core.explain.exact import exact_engine
from sparklime_core.explain.exact.columns import read_columns
from sparklime_core.explain.kinds.model_kind import read_ensemble
from sparklime_core.explain.settings import ExplainSettings

STATE = np.random.RandomState(0)
ROWS = STATE.normal(size=(80, 3))
CLASSES = (ROWS[:, 0] + ROWS[:, 1] > 0).astype(int)
VALUES = ROWS[:, 0] * ROWS[:, 1]


def explainer(mode="classification", **keywords):
    return LimeTabularExplainer(ROWS, mode=mode, **keywords)


def refusal(explainer, predict_fn, **keywords):
    with pytest.raises(EngineError) as caught:
        explain_rows(explainer, predict_fn, ROWS[:2], engine="exact", **keywords)
    message = str(caught.value)
    assert "\n" not in message
    return message


class OwnForest(RandomForestClassifier):
    """A subclass may predict anything."""


@pytest.mark.parametrize(
    "model",
    [
        LogisticRegression(),
        make_pipeline(RandomForestClassifier(2)),
        OwnForest(2),
    ],
    ids=lambda model: type(model).__name__,
)
def test_classifiers_that_it_does_not_know(model):
    message = refusal(explainer(), model.fit(ROWS, CLASSES))
    assert f"does not know {type(model).__name__}" in message
    assert "scikit-learn's trees and forests" in message
    assert "engine 'sampled'" in message


def test_a_probability_that_is_no_sum():
    message = refusal(explainer(), GradientBoostingClassifier(n_estimators=2).fit(ROWS, CLASSES))
    assert "the probability of GradientBoostingClassifier" in message
    assert "output='margin'" in message
    assert "engine 'sampled'" in message


@pytest.mark.parametrize(
    "model",
    [LinearRegression(), RandomForestClassifier(2)],
    ids=lambda model: type(model).__name__,
)
def test_regressors_that_it_does_not_know(model):
    # A classifier's predict returns numbers that are no mean over trees.
    message = refusal(explainer("regression"), model.fit(ROWS, CLASSES).predict)
    assert f"does not know {type(model).__name__}" in message


def test_functions_that_it_cannot_look_into():
    forest = RandomForestClassifier(2, random_state=0).fit(ROWS, CLASSES)
    message = refusal(explainer(), lambda rows: forest.predict_proba(rows) + 0.0)
    assert "needs the bound predict_proba of a tree ensemble" in message
    assert "<lambda>" in message
    assert "engine 'sampled'" in message


def test_boosting_from_another_model():
    model = GradientBoostingRegressor(n_estimators=2, init=LinearRegression()).fit(ROWS, VALUES)
    message = refusal(explainer("regression"), model)
    assert "LinearRegression" in message
    assert "engine 'sampled'" in message


def test_several_targets():
    model = RandomForestRegressor(2).fit(ROWS, np.column_stack([VALUES, VALUES]))
    with pytest.raises(EngineError, match="predicts 2 targets"):
        read_ensemble(model.predict, "regression")


def test_features_that_are_not_binned():
    forest = RandomForestClassifier(2).fit(ROWS, CLASSES)
    message = refusal(explainer(discretize_continuous=False), forest)
    assert "discretize_continuous=False" in message
    assert "engine 'sampled'" in message


def test_another_kernel():
    forest = RandomForestClassifier(2).fit(ROWS, CLASSES)
    message = refusal(explainer(kernel=lambda distance, kernel_width: 1 / (1 + distance)), forest)
    assert "exponential kernel" in message
    assert "engine 'sampled'" in message


def test_any_width_of_the_default_kernel_is_served():
    forest = RandomForestClassifier(2, random_state=0).fit(ROWS, CLASSES)
    for width in (1e-3, 0.5, 100.0):
        table = explain_rows(explainer(kernel_width=width), forest, ROWS[:2], engine="exact")
        assert table["error"].to_pylist() == [None, None]
        assert np.isfinite(table["score"].to_numpy()).all()


class Jittery(QuartileDiscretizer):
    """Draws values in its own way."""

    def get_undiscretize_values(self, feature, values):
        return super().get_undiscretize_values(feature, values) + 1


def test_a_discretizer_that_draws_in_its_own_way():
    forest = RandomForestClassifier(2).fit(ROWS, CLASSES)
    own = Jittery(ROWS, [], ["a", "b", "c"])
    message = refusal(explainer(discretizer=own), forest)
    assert "Jittery changes how lime draws" in message
    assert "engine 'reference'" in message


def test_an_explainer_of_another_kind():
    forest = RandomForestClassifier(2).fit(ROWS, CLASSES)
    own = RecurrentTabularExplainer(ROWS[:, :, None], feature_names=["a"])
    assert "RecurrentTabularExplainer" in refusal(own, forest)


def test_tables_that_would_be_too_large(monkeypatch):
    monkeypatch.setattr(exact_engine, "MAX_TABLE_BYTES", 2**10)
    forest = RandomForestClassifier(20, random_state=0).fit(ROWS, CLASSES)
    message = refusal(explainer(), forest)
    assert "GiB" in message
    assert "splits" in message


def test_a_model_that_would_cost_more_than_lime():
    noise = np.random.RandomState(1).randint(0, 2, size=4000)
    rows = np.random.RandomState(2).normal(size=(4000, 3))
    forest = RandomForestClassifier(30, random_state=0).fit(rows, noise)
    message = refusal(explainer(), forest, num_samples=20)
    assert "ms per row" in message
    assert "20 samples" in message
    ensemble, columns = read_ensemble(forest.predict_proba, "classification"), read_columns(explainer())
    exact_engine.check_cost(ensemble, columns, ExplainSettings("exact"))


def test_visits_are_those_of_the_training_rows():
    tree = DecisionTreeClassifier(random_state=0).fit(ROWS, CLASSES)
    passed = np.asarray(tree.decision_path(ROWS).sum(axis=1)).ravel() - 1  # the leaf is no split
    assert read_ensemble(tree.predict_proba, "classification").visits == pytest.approx(passed.mean())
