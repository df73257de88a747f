"""The forest that the library trains."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, roc_auc_score

from sparklime_core import SparkLimeError, load_sample, read_csv, train_forest


@pytest.fixture(scope="module")
def cancer():
    return load_sample("breast_cancer")


def test_metrics_are_of_the_rows_that_the_forest_has_not_seen(cancer):
    model = train_forest(cancer, n_estimators=20, seed=3)
    rows = model.test_rows
    probabilities = model.predict_fn(cancer.features[rows])
    truth = cancer.target[rows]
    assert len(rows) == round(0.25 * cancer.rows + 0.5)
    assert model.metrics.values["accuracy"] == accuracy_score(truth, probabilities.argmax(axis=1))
    assert model.metrics.values["roc_auc"] == roc_auc_score(truth, probabilities[:, 1])
    assert np.sum(model.metrics.confusion) == len(rows)
    assert model.metrics.confusion[0][0] + model.metrics.confusion[1][1] == round(
        model.metrics.values["accuracy"] * len(rows)
    )


def test_the_same_seed_gives_the_same_bits_and_another_does_not(cancer):
    first, again, other = (train_forest(cancer, n_estimators=5, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.predict_fn(cancer.features), again.predict_fn(cancer.features))
    np.testing.assert_array_equal(first.test_rows, again.test_rows)
    assert (first.predict_fn(cancer.features) != other.predict_fn(cancer.features)).any()


def test_a_regression_forest_is_measured_in_the_targets_unit():
    diabetes = load_sample("diabetes")
    model = train_forest(diabetes, n_estimators=20)
    truth = diabetes.target[model.test_rows]
    predicted = model.predict_fn(diabetes.features[model.test_rows])
    assert model.metrics.values["mae"] == pytest.approx(np.abs(truth - predicted).mean())
    assert model.metrics.confusion == ()


def test_a_class_with_one_row_is_learnt_and_not_only_tested():
    lines = [f"{i},{'abc'[i % 3] if i else 'rare'}" for i in range(40)]
    dataset = read_csv(("x,t\n" + "\n".join(lines)).encode(), "t")
    for seed in range(8):
        model = train_forest(dataset, n_estimators=3, seed=seed)
        assert model.predict_fn(dataset.features).shape == (40, 4)


@pytest.mark.parametrize(
    "settings", [{"n_estimators": 0}, {"max_depth": 0}, {"test_size": 0.0}, {"test_size": 1.0}, {"seed": -1}]
)
def test_bad_hyperparameters_are_refused(cancer, settings):
    with pytest.raises(SparkLimeError):
        train_forest(cancer, **settings)


def test_a_table_too_small_to_split_is_refused():
    with pytest.raises(SparkLimeError, match="at least 4"):
        train_forest(read_csv(b"a,t\n1,x\n2,y\n", "t"))
