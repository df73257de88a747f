"""Runs that explain margins: the predicted class, what is wrong, and the words for a prediction."""

import csv
import io

import numpy as np
import pytest

from sparklime_core.data.table_source import load_sample
from sparklime_core.models.settings import ModelSettings
from sparklime_core.models.train import train_with
from sparklime_core.reports.row_report import row_report
from sparklime_core.runs.filter.conditions import Range
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.query.export import reasons_csv
from sparklime_core.runs.query.rows import find_rows
from sparklime_core.runs.store import RunStore
from tests.finished_run import make_run

ROWS = 60


@pytest.fixture(scope="module")
def dataset():
    return load_sample("breast_cancer")


@pytest.fixture(scope="module")
def model(dataset):
    return train_with(dataset, ModelSettings(n_estimators=3, max_depth=1, kind="boosting", class_weight="none"))


@pytest.fixture(scope="module")
def run(dataset, model, tmp_path_factory):
    store = RunStore(tmp_path_factory.mktemp("runs"))
    return make_run(store, dataset, model, ROWS, engine="exact", output="margin")


def test_the_predicted_class_is_that_of_the_margins_sign(run, dataset, model):
    frame = find_rows(run, RowFilter(), limit=ROWS).sort_values("row_id")
    shares = model.estimator.predict_proba(dataset.features[:ROWS])
    assert set(frame["label"]) == {1}
    np.testing.assert_allclose(frame["prediction"], np.log(shares[:, 1] / shares[:, 0]), atol=1e-9)
    np.testing.assert_array_equal(frame["predicted"], shares.argmax(axis=1))
    wrong = shares.argmax(axis=1) != dataset.target[:ROWS]
    assert 0 < wrong.sum() < ROWS
    np.testing.assert_array_equal(frame["wrong"].astype(bool), wrong)
    np.testing.assert_allclose(frame["distance"], 1 - shares[np.arange(ROWS), dataset.target[:ROWS]], atol=1e-9)


def test_rows_are_found_by_predicted_class_and_log_odds(run, dataset, model):
    said = model.estimator.predict(dataset.features[:ROWS])
    assert len(find_rows(run, RowFilter(label=0), limit=ROWS)) == (said == 0).sum()
    assert len(find_rows(run, RowFilter(prediction=Range(0.0, None)), limit=ROWS)) == (said == 1).sum()


def test_reasons_and_reports_say_log_odds(run, dataset, model):
    lines = list(csv.DictReader(io.StringIO(reasons_csv(run, RowFilter()).decode())))
    said = model.estimator.predict(dataset.features[:ROWS])
    assert [line["predicted"] for line in lines] == [dataset.class_names[code] for code in said]
    assert "probability" not in lines[0]
    assert float(lines[0]["log_odds"]) == pytest.approx(model.estimator.decision_function(dataset.features[:1])[0])
    report = row_report(run, 0).decode()
    assert f"The model predicts {dataset.class_names[said[0]]} with probability" in report
    assert "the model&#39;s log-odds is" in report or "the model's log-odds is" in report


def test_the_span_of_margins_is_theirs_and_not_that_of_probabilities(run):
    inputs = run.inputs()
    assert inputs.prediction_span("probability") == 1.0
    margins = inputs.estimator.decision_function(inputs.dataset.features)
    assert inputs.prediction_span("margin") == pytest.approx(np.ptp(np.percentile(margins, [5, 95])))
