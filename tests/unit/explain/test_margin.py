"""``output="margin"``: every engine answers as lime in regression mode answers for that value."""

import numpy as np
import pytest
from lime.lime_tabular import LimeTabularExplainer
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor, RandomForestClassifier

from sparklime_core import explain_rows, stability
from sparklime_core.errors import ModelError, SettingsError

STATE = np.random.RandomState(0)
ROWS = STATE.normal(size=(120, 4))
TWO = (ROWS[:, 0] + ROWS[:, 1] ** 2 > 0.5).astype(int)
THREE = np.digitize(ROWS[:, 0] - ROWS[:, 1], [-0.6, 0.6])
ENGINES = ("reference", "sampled", "exact")
COLUMNS = ("prediction", "local_prediction", "intercept", "score", "explanation")


def explainer(mode="classification", **keywords):
    return LimeTabularExplainer(ROWS, mode=mode, random_state=0, **keywords)


def boosted(target):
    return GradientBoostingClassifier(n_estimators=5, max_depth=2, random_state=0).fit(ROWS, target)


def assert_like_lime_in_regression(table, model, score, engine):
    """Compare the rows of one label with what lime's regression mode says of a score of the same rows."""
    if engine == "exact":
        return
    plain = explain_rows(explainer("regression"), score, ROWS[:5], engine=engine, num_samples=300)
    for name in COLUMNS:
        assert table[name].to_pylist() == plain[name].to_pylist()


@pytest.mark.parametrize("engine", ENGINES)
def test_two_classes_have_one_margin_of_the_second(engine):
    model = boosted(TWO)
    table = explain_rows(explainer(), model, ROWS[:5], engine=engine, num_samples=300, output="margin")
    assert table["label"].to_pylist() == [1] * 5
    assert table["label_name"].to_pylist() == ["1"] * 5
    np.testing.assert_allclose(table["prediction"].to_numpy(), model.decision_function(ROWS[:5]), rtol=1e-12)
    assert_like_lime_in_regression(table, model, model.decision_function, engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_more_classes_have_one_each(engine):
    model = boosted(THREE)
    keywords = {"engine": engine, "num_samples": 300, "output": "margin"}
    table = explain_rows(explainer(), model.predict_proba, ROWS[:5], labels="all", **keywords)
    scores = model.decision_function(ROWS[:5])
    np.testing.assert_allclose(table["prediction"].to_numpy().reshape(5, 3), scores, rtol=1e-12)
    for label in range(3):
        of_label = table.filter(np.array(table["label"].to_pylist()) == label)
        assert_like_lime_in_regression(
            of_label, model, lambda rows, at=label: model.decision_function(rows)[:, at], engine
        )
    predicted = explain_rows(explainer(), model, ROWS[:5], **keywords)
    assert predicted["label"].to_pylist() == scores.argmax(axis=1).tolist()


def test_the_first_of_two_classes_has_the_weights_with_the_other_sign():
    model = boosted(TWO)
    table = explain_rows(explainer(), model, ROWS[:3], engine="exact", labels=[0, 1], output="margin")
    weights = [{found["feature"]: found["weight"] for found in row} for row in table["explanation"].to_pylist()]
    for first, second in zip(weights[::2], weights[1::2], strict=True):
        assert first == pytest.approx({name: -weight for name, weight in second.items()}, abs=1e-12)


def test_in_regression_the_margin_is_the_prediction():
    model = GradientBoostingRegressor(n_estimators=5, random_state=0).fit(ROWS, ROWS[:, 0])
    for engine in ("sampled", "exact"):
        margin, plain = (
            explain_rows(explainer("regression"), model, ROWS[:3], engine=engine, output=output)
            for output in ("margin", "probability")
        )
        assert margin.equals(plain)


def test_exact_agrees_with_many_samples():
    model = boosted(TWO)
    exact = explain_rows(explainer(), model, ROWS[:3], engine="exact", num_samples=200_000, output="margin")
    sampled = explain_rows(explainer(), model, ROWS[:3], engine="sampled", num_samples=200_000, output="margin")
    for row in range(3):
        one, other = (
            {found["feature"]: found["weight"] for found in table["explanation"][row].as_py()}
            for table in (exact, sampled)
        )
        assert one == pytest.approx(other, abs=0.02)


def test_stability_of_margins():
    found = stability(explainer(), boosted(TWO), ROWS[:3], pools=2, exact=True, num_samples=200, output="margin")
    assert set(found.rows["label"].to_pylist()) == {1}


def test_models_without_a_margin_are_refused_by_name():
    forest = RandomForestClassifier(2, random_state=0).fit(ROWS, TWO)
    with pytest.raises(ModelError, match="RandomForestClassifier has no margin"):
        explain_rows(explainer(), forest, ROWS[:1], output="margin")

    def own(rows):
        return forest.predict_proba(rows)

    with pytest.raises(ModelError, match="own has no margin"):
        explain_rows(explainer(), own, ROWS[:1], output="margin")


def test_there_is_no_other_output():
    with pytest.raises(SettingsError, match="output must be one of probability, margin"):
        explain_rows(explainer(), boosted(TWO), ROWS[:1], output="logit")
