import contextlib
import io
import pickle
import zipfile

import joblib
import numpy as np
import pytest
import skops.io
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC

from sparklime_core import SparkLimeError, build_explainer, explain_rows, load_sample, read_csv
from sparklime_core.errors import ModelError
from sparklime_core.models.evaluation import evaluate
from sparklime_core.models.model_files import list_types, load_estimator, save_estimator
from sparklime_core.models.own_model import check_model, load_model
from sparklime_core.models.settings import KINDS, ModelSettings
from sparklime_core.models.train import train_with


@pytest.fixture(scope="module")
def penguins():
    return load_sample("penguins")


@pytest.fixture(scope="module")
def diabetes():
    return load_sample("diabetes")


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


def test_what_plots_show_comes_from_the_test_rows(penguins):
    model = train_with(penguins, ModelSettings(n_estimators=20))
    shown = evaluate(model.estimator, penguins, model.test_rows)
    assert shown.confusion()["rows"].sum() == len(model.test_rows)
    roc = shown.roc(0)
    assert roc.iloc[0]["true_positive_rate"] == 0
    assert roc.iloc[-1]["true_positive_rate"] == roc.iloc[-1]["false_positive_rate"] == 1
    area = np.trapezoid(roc["true_positive_rate"], roc["false_positive_rate"])
    assert area > 0.9
    curve = shown.precision_recall(1)
    assert curve["recall"].between(0, 1).all()
    calibration = shown.calibration(2)
    assert calibration["rows"].sum() == len(model.test_rows)
    assert calibration["observed"].between(0, 1).all()
    with pytest.raises(SparkLimeError, match="no class 7"):
        shown.roc(7)
    with pytest.raises(SparkLimeError, match="Residuals"):
        shown.residuals()


def test_residuals_are_truth_minus_prediction(diabetes):
    model = train_with(diabetes, ModelSettings(n_estimators=5))
    frame = evaluate(model.estimator, diabetes, model.test_rows).residuals()
    np.testing.assert_allclose(frame["residual"], frame["truth"] - frame["predicted"])
    assert np.abs(frame["residual"]).mean() == pytest.approx(model.metrics.values["mae"])
    with pytest.raises(SparkLimeError, match="residuals"):
        evaluate(model.estimator, diabetes, model.test_rows).confusion()


def test_ones_own_model_is_taken_over(penguins, tmp_path):
    forest = RandomForestClassifier(5, random_state=0, n_jobs=2).fit(penguins.features, penguins.target)
    skops.io.dump(forest, tmp_path / "mine.skops")
    model = load_model(tmp_path / "mine.skops", penguins)
    assert model.estimator.n_jobs == 1
    assert len(model.test_rows) == 0
    assert "trained elsewhere" in model.notes[0]
    named = RandomForestClassifier(5, random_state=0).fit(
        penguins.features, np.array(penguins.class_names)[penguins.target]
    )
    assert check_model(named, penguins).metrics.values["accuracy"] > 0.9


def test_ones_own_model_must_fit(penguins, diabetes):
    narrow = RandomForestClassifier(2).fit(penguins.features[:, :3], penguins.target)
    with pytest.raises(SparkLimeError, match="wants 3 features"):
        check_model(narrow, penguins)
    other = RandomForestClassifier(2).fit(penguins.features, penguins.target > 0)
    with pytest.raises(SparkLimeError, match="knows the classes False, True"):
        check_model(other, penguins)
    with pytest.raises(SparkLimeError, match="predicts numbers"):
        check_model(RandomForestRegressor(2).fit(penguins.features, penguins.target), penguins)
    with pytest.raises(SparkLimeError, match="predicts classes"):
        check_model(RandomForestClassifier(2).fit(diabetes.features, diabetes.target > 100), diabetes)
    with pytest.raises(SparkLimeError, match="no predict_proba"):
        check_model(LinearSVC().fit(penguins.features, penguins.target), penguins)
    with pytest.raises(SparkLimeError, match="no fitted"):
        check_model(RandomForestClassifier(), penguins)


def test_a_model_file_is_audited_and_nothing_in_it_is_executed(tmp_path):
    path = tmp_path / "evil.skops"
    skops.io.dump(FunctionTransformer(func=exec), path)
    assert list_types(path) == ("builtins.exec",)
    with pytest.raises(SparkLimeError, match=r"nothing of it was loaded: builtins\.exec"):
        load_estimator(path)
    skops.io.dump(FunctionTransformer(func=np.load), path)
    with pytest.raises(SparkLimeError, match="not trusted"):
        load_estimator(path)


@pytest.mark.parametrize("kind", ["forest", "boosting"])
@pytest.mark.parametrize(("field", "value"), [("left", 10**6), ("left", 0), ("feature", 99)])
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_tree_that_could_crash_or_never_end_is_refused(penguins, kind, field, value, wrapped):
    model = train_with(penguins, ModelSettings(2, kind=kind, class_weight="none")).estimator
    if kind == "forest":
        tree = model.estimators_[0].tree_
        state = tree.__getstate__()
        state["nodes"][0][{"left": "left_child", "feature": "feature"}[field]] = value
        tree.__setstate__(state)
    else:
        model._predictors[0][0].nodes[0][{"left": "left", "feature": "feature_idx"}[field]] = value
    if wrapped:
        model = Pipeline([("model", model)])
    with pytest.raises(SparkLimeError, match="damaged tree"):
        check_model(model, penguins)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_model_that_cannot_be_unpacked_within_bounds_is_refused(penguins, tmp_path, method):
    estimator = train_with(penguins, ModelSettings(n_estimators=2)).estimator
    skops.io.dump(estimator, tmp_path / "m.skops", compression=method)
    with pytest.raises(SparkLimeError, match="packed in an unusual way"):
        load_estimator(tmp_path / "m.skops")
    skops.io.dump(estimator, tmp_path / "m.skops", compression=zipfile.ZIP_DEFLATED)
    load_estimator(tmp_path / "m.skops")


def test_a_damaged_model_is_read_or_refused_in_a_sentence(penguins, tmp_path):
    path = tmp_path / "m.skops"
    save_estimator(train_with(penguins, ModelSettings(n_estimators=1, max_depth=2)).estimator, path)
    whole, random = path.read_bytes(), np.random.default_rng(0)
    directory = whole.index(b"PK\x01\x02")
    for _ in range(300):
        damaged = bytearray(whole)
        for at in random.integers(directory, len(whole), size=random.integers(1, 4)):
            damaged[at] = random.integers(0, 256)
        path.write_bytes(damaged)
        with contextlib.suppress(ModelError):
            list_types(path)


def test_pickles_are_refused_with_the_reason(tmp_path):
    for name, content in (
        ("a.skops", pickle.dumps([1])),
        ("b.skops", pickle.dumps([1], protocol=0)),
        ("c.pkl", b"whatever"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(SparkLimeError, match="pickle, which can run any program"):
            load_estimator(tmp_path / name)
    buffer = io.BytesIO()
    joblib.dump([np.arange(3)], buffer)
    (tmp_path / "d.skops").write_bytes(buffer.getvalue())
    with pytest.raises(SparkLimeError, match="pickle"):
        load_estimator(tmp_path / "d.skops")
    with zipfile.ZipFile(tmp_path / "e.skops", "w") as archive:
        archive.writestr("schema.json", "{}")
    with pytest.raises(SparkLimeError, match="not a model in the skops format"):
        load_estimator(tmp_path / "e.skops")


@pytest.mark.parametrize("settings", [{"kind": "oracle"}, {"class_weight": "heavy"}])
def test_settings_are_checked(settings):
    with pytest.raises(SparkLimeError):
        ModelSettings(**settings)
