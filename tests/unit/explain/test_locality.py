"""One row at any kernel width."""

import numpy as np
import pytest
from lime.lime_tabular import LimeTabularExplainer
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier

from sparklime_core import SparkLimeError, explain_rows
from sparklime_core.explain.explain_rows import prepare_task
from sparklime_core.explain.locality import ENOUGH, LocalityDial
from sparklime_core.explain.settings import ExplainSettings

WIDTHS = (0.4, 1.0, 3.0, 40.0)


@pytest.fixture(scope="module")
def table():
    rows, target = load_breast_cancer(return_X_y=True)
    return rows, RandomForestClassifier(20, random_state=0).fit(rows, target)


def explainer_of(rows, width=None, **keywords):
    return LimeTabularExplainer(rows, kernel_width=width, random_state=0, **keywords)


def dial_of(table, engine, at=3, **keywords):
    rows, model = table
    task = prepare_task(explainer_of(rows, **keywords), model.predict_proba, ExplainSettings(engine=engine))
    return LocalityDial(task, rows[at])


@pytest.mark.parametrize("engine", ["exact", "sampled"])
def test_it_answers_as_an_explainer_of_that_width_would(table, engine):
    rows, model = table
    dial = dial_of(table, engine)
    for width in WIDTHS if engine == "exact" else WIDTHS[2:]:
        (found,) = dial.explain(width).to_pylist()
        other = explain_rows(
            explainer_of(rows, width), model.predict_proba, rows[3:4], engine=engine, profiles=True
        ).to_pylist()[0]
        assert found["effective_share"] == pytest.approx(other["effective_share"], rel=1e-9)
        assert found["intercept"] == pytest.approx(other["intercept"], abs=1e-8)
        weights = {reason["feature_explanation"]: reason["weight"] for reason in other["explanation"]}
        for reason in found["explanation"]:
            assert reason["weight"] == pytest.approx(weights.get(reason["feature_explanation"], 0.0), abs=1e-6)
        if width > 1:  # below, hardly a sample of the other one's pool counts
            assert found["profile_score"] == pytest.approx(other["profile_score"], abs=0.1)
        assert 0 < found["profile_score"] <= 1


def test_the_narrower_the_fewer_samples_count(table):
    dial = dial_of(table, "exact")
    sizes = [dial.effective_size(width) for width in WIDTHS]
    assert sizes == sorted(sizes)
    assert sizes[-1] == pytest.approx(4999, rel=1e-2)
    assert WIDTHS[0] < dial.narrowest < WIDTHS[-1]
    assert dial.effective_size(dial.narrowest) == pytest.approx(ENOUGH, rel=1e-6)


def test_a_pool_refuses_widths_at_which_too_few_of_its_samples_count(table):
    dial = dial_of(table, "sampled")
    assert len(dial.explain(dial.narrowest * 1.001)) == 1
    with pytest.raises(SparkLimeError, match=r"only \d+ of 5,000 samples count"):
        dial.explain(dial.narrowest * 0.9)


def test_features_that_are_not_binned_have_a_dial_too(table):
    dial = dial_of(table, "sampled", discretize_continuous=False)
    (found,) = dial.explain(10.0).to_pylist()
    assert found["profile_score"] is None
    assert found["profiles"] is None
    assert found["effective_share"] == pytest.approx(dial.effective_size(10.0) / 4999, rel=1e-9)


def test_what_has_no_dial_says_so(table):
    rows = table[0]
    with pytest.raises(SparkLimeError, match="exact' and 'sampled"):
        dial_of(table, "reference")
    task = dial_of(table, "exact").task
    with pytest.raises(SparkLimeError, match="missing"):
        LocalityDial(task, np.full(30, np.nan))
    for width in (0, -1, float("inf"), float("nan")):
        with pytest.raises(SparkLimeError, match="positive number"):
            LocalityDial(task, rows[0]).explain(width)
