"""Models of every kind, trained and measured."""

import numpy as np
import pytest

from sparklime_core import build_explainer, explain_rows, load_sample, read_csv
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
