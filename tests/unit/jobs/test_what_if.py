"""Explanations of changed values."""

import dataclasses

import numpy as np
import pytest

from sparklime_core.data.table_source import load_sample
from sparklime_core.explain.settings import EngineName
from sparklime_core.jobs.what_if import WhatIf, prepare_what_if
from sparklime_core.models.train import train_forest
from sparklime_core.runs.query.rows import explanations_of
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.finished_run import make_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    dataset = load_sample("penguins")
    store = RunStore(tmp_path_factory.mktemp("runs"))
    return make_run(store, dataset, train_forest(dataset, n_estimators=10), 6, "all", engine="reference")


@pytest.fixture(scope="module")
def what_if(run: Run) -> WhatIf:
    return prepare_what_if(run.manifest(), run.inputs())


def test_unchanged_values_have_the_runs_own_explanation(run: Run, what_if: WhatIf) -> None:
    for row in range(6):
        for stored in explanations_of(run, row):
            (answer,) = what_if.explain(run.inputs().dataset.features[row : row + 1], stored["label"])

            assert answer.result["prediction"] == pytest.approx(stored["prediction"])
            assert answer.probabilities[stored["label"]] == pytest.approx(stored["prediction"])
            assert answer.result["score"] == pytest.approx(stored["score"], abs=1e-6)
            weights = {entry["feature_explanation"]: entry["weight"] for entry in answer.result["explanation"]}
            for entry in stored["explanation"]:
                assert weights[entry["feature_explanation"]] == pytest.approx(entry["weight"], abs=1e-6)


def test_prediction_and_explanation_are_of_the_same_values(run: Run, what_if: WhatIf) -> None:
    inputs = run.inputs()
    rows = np.repeat(inputs.dataset.features[:1], 2, axis=0)
    rows[1, inputs.dataset.feature_names.index("bill_length_mm")] = 55.0

    before, after = what_if.explain(rows, 0)

    assert list(after.probabilities) == pytest.approx(list(inputs.estimator.predict_proba(rows)[1]))
    assert after.result["prediction"] == pytest.approx(after.probabilities[0])
    assert before.result["prediction"] != after.result["prediction"]


@pytest.mark.parametrize("engine", ["sampled", "exact"])
def test_every_fast_engine_serves(run: Run, engine: EngineName) -> None:
    manifest = run.manifest()
    chosen = dataclasses.replace(manifest, explain=dataclasses.replace(manifest.explain, engine=engine))

    what_if = prepare_what_if(chosen, run.inputs())

    assert what_if.task.settings.engine == engine
    assert what_if.explain(run.inputs().dataset.features[:2], 1)[1].result["error"] is None


def test_lime_itself_answers_where_the_fast_engine_cannot(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from sparklime_core.errors import EngineError
    from sparklime_core.explain.sampled.sampled_engine import SampledEngine

    def refuse(*_: object) -> None:
        raise EngineError("no")

    monkeypatch.setattr(SampledEngine, "prepare", refuse)

    assert prepare_what_if(run.manifest(), run.inputs()).task.settings.engine == "reference"


def test_fields_know_what_was_observed(what_if: WhatIf) -> None:
    dataset = load_sample("penguins")
    fields = {field.feature.name: field for field in what_if.fields}
    length = dataset.feature_names.index("bill_length_mm")
    observed = dataset.features[:, length][dataset.features[:, length] != dataset.missing_values[length]]

    assert (fields["bill_length_mm"].low, fields["bill_length_mm"].high) == (observed.min(), observed.max())
    assert not fields["bill_length_mm"].whole
    assert fields["flipper_length_mm"].whole
    island = fields["island"]
    names = island.feature.categories or ()
    assert [names[code] for code in island.codes] == ["Biscoe", "Dream", "Torgersen", "missing"]


def test_an_explanation_of_values_that_cannot_be_explained_says_why(run: Run, what_if: WhatIf) -> None:
    rows = run.inputs().dataset.features[:1].copy()
    rows[0, 1] = np.nan

    (answer,) = what_if.explain(rows, 0)

    assert "far below all that the model has seen" in answer.result["error"]
