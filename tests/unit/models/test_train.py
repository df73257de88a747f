"""Models of every kind, trained and measured."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, roc_auc_score

from sparklime_core import SparkLimeError, build_explainer, explain_rows, load_sample, read_csv, train_forest
from sparklime_core.models.model_files import load_estimator, save_estimator
from sparklime_core.models.settings import KINDS, ModelSettings
from sparklime_core.models.train import train_with


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["penguins", "diabetes"])
def test_every_model_is_trained_measured_stored_and_explained(kind, name, tmp_path, request):
    dataset = request.getfixturevalue(name)
    model = train_with(dataset, ModelSettings(n_estimators=10, kind=kind))
    values = model.metrics.values
    better = "accuracy" if name == "penguins" else "rmse"
    assert (values[better] > values[f"baseline_{better}"]) == (name == "penguins")
    save_estimator(model.estimator, tmp_path / "model.skops")
    again = load_estimator(tmp_path / "model.skops")
    predict = again.predict_proba if name == "penguins" else again.predict
    np.testing.assert_array_equal(predict(dataset.features), model.predict_fn(dataset.features))
    found = explain_rows(build_explainer(dataset), model.predict_fn, dataset.features[:4], num_samples=300)
    assert found["error"].null_count == 4
    assert all(np.isfinite(reason["weight"]) for row in found["explanation"].to_pylist() for reason in row)


def test_a_linear_model_decodes_gaps_and_codes():
    rows = 200
    sizes = [i % 10 if i % 4 else "" for i in range(rows)]
    colors = ["rgb"[i % 3] for i in range(rows)]
    target = [
        (100.0 if size == "" else size) + (50 if color == "g" else 0)
        for size, color in zip(sizes, colors, strict=True)
    ]
    lines = [f"{size},{color},{value + 0.5}" for size, color, value in zip(sizes, colors, target, strict=True)]
    dataset = read_csv(("size,color,t\n" + "\n".join(lines)).encode(), "t", task="regression")
    model = train_with(dataset, ModelSettings(kind="linear"))
    assert model.metrics.values["r2"] > 0.99
    explained = explain_rows(build_explainer(dataset), model.predict_fn, dataset.features[:1], num_samples=2000)
    reasons = {reason["feature_explanation"]: reason["weight"] for reason in explained["explanation"][0].as_py()}
    assert reasons["size is missing"] == pytest.approx(95, abs=8)


def imbalanced():
    lines = [f"{i % 17},{i % 5},{'rare' if i % 25 == 0 else 'usual'}" for i in range(500)]
    return read_csv(("a,b,t\n" + "\n".join(lines)).encode(), "t")


def test_imbalanced_classes_are_weighed_with_the_reason():
    dataset = imbalanced()
    model = train_with(dataset, ModelSettings(n_estimators=5))
    assert model.estimator.class_weight == "balanced"
    assert "24 times" in model.notes[0]
    assert train_with(dataset, ModelSettings(5, class_weight="none")).estimator.class_weight is None
    assert train_with(load_sample("wine"), ModelSettings(5)).estimator.class_weight is None


def test_metrics_are_honest_about_imbalance():
    values = train_with(imbalanced(), ModelSettings(5, max_depth=1, class_weight="none")).metrics.values
    assert values["accuracy"] == pytest.approx(values["baseline_accuracy"], abs=0.03)
    assert values["balanced_accuracy"] < 0.7
    assert set(values) >= {"log_loss", "average_precision", "roc_auc"}


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


@pytest.mark.parametrize("kind", ["forest", "extra_trees"])
@pytest.mark.parametrize(("asked", "drawn"), [(100, 100), (10_000, 426)])
def test_each_tree_draws_as_many_rows_as_were_asked_for(cancer, kind, asked, drawn):
    model = train_with(cancer, ModelSettings(5, kind=kind, rows_per_tree=asked, class_weight="none"))
    assert [tree.tree_.weighted_n_node_samples[0] for tree in model.estimator.estimators_] == [drawn] * 5
    assert drawn < 426 or cancer.rows - len(model.test_rows) == 426


def test_a_table_too_small_to_split_is_refused():
    with pytest.raises(SparkLimeError, match="at least 4"):
        train_forest(read_csv(b"a,t\n1,x\n2,y\n", "t"))
