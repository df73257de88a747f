"""Nested phases are booked once and add up; a bar counts rows only where a person asks for it."""

import time

import numpy as np
import pytest
from lime.lime_tabular import LimeTabularExplainer
from sklearn.tree import DecisionTreeClassifier

from sparklime_core import SparkLimeError, explain_rows, stability
from sparklime_core.data.table_source import load_sample
from sparklime_core.explain.explain_rows import prepare_task
from sparklime_core.explain.explainer import build_explainer
from sparklime_core.explain.runtime import PHASES, phase, take_seconds
from sparklime_core.explain.settings import ENGINE_NAMES, EngineName, ExplainSettings
from sparklime_core.models.train import train_forest


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Set the clock of the phases by hand."""
    now = [0.0]
    monkeypatch.setattr("sparklime_core.explain.runtime.time.perf_counter", lambda: now[0])
    return now


def test_an_inner_phase_is_not_in_the_outer_one(clock: list[float]) -> None:
    take_seconds()

    with phase("algebra"):
        clock[0] += 2.0
        with phase("model"):
            clock[0] += 5.0
        clock[0] += 1.0

    taken = take_seconds()
    assert (taken["model"], taken["algebra"]) == (5.0, 3.0)
    assert take_seconds() == dict.fromkeys(PHASES, 0.0)


def test_a_phase_that_fails_ends(clock: list[float]) -> None:
    take_seconds()

    def fail() -> None:
        clock[0] += 1.0
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"), phase("model"):
        fail()
    clock[0] += 9.0

    assert take_seconds()["model"] == 1.0


@pytest.mark.parametrize("engine", ENGINE_NAMES)
def test_every_engine_says_what_a_block_took(engine: EngineName) -> None:
    dataset = load_sample("wine")
    model = train_forest(dataset, n_estimators=10, max_depth=4)
    settings = ExplainSettings(engine=engine, num_samples=200)
    task = prepare_task(build_explainer(dataset), model.predict_fn, settings)
    take_seconds()

    began = time.perf_counter()
    task.explain(dataset.features[:4], np.arange(4))
    whole = time.perf_counter() - began

    taken = take_seconds()
    assert taken["load"] == 0
    assert all(taken[name] > 0 for name in ("model", "algebra", "packing"))
    assert sum(taken.values()) <= whole


ROWS = np.random.default_rng(0).normal(size=(300, 3))
TREE = DecisionTreeClassifier(max_depth=2, random_state=0).fit(ROWS, ROWS[:, 0] > 0)
EXPLAINER = LimeTabularExplainer(ROWS, random_state=0)


@pytest.mark.parametrize(
    ("explain", "settings"), [(explain_rows, {"num_samples": 50}), (stability, {"num_samples": 50, "pools": 2})]
)
def test_a_bar_counts_rows_on_request(capsys, explain, settings):
    silent = explain(EXPLAINER, TREE, ROWS, **settings)
    assert capsys.readouterr().err == ""
    assert explain(EXPLAINER, TREE, ROWS, progress=True, **settings) == silent
    drawn = capsys.readouterr().err
    assert "| 0/300 [" in drawn
    assert "| 300/300 [" in drawn
    with pytest.raises(SparkLimeError, match="progress must be"):
        explain(EXPLAINER, TREE, ROWS, progress="yes", **settings)
