"""Files of models: read, audited, refused."""

import contextlib
import io
import pickle
import zipfile

import joblib
import numpy as np
import pytest
import skops.io
from sklearn.preprocessing import FunctionTransformer

from sparklime_core import SparkLimeError, load_sample, train_forest
from sparklime_core.errors import ModelError
from sparklime_core.models.model_files import list_types, load_estimator, save_estimator
from sparklime_core.models.settings import ModelSettings
from sparklime_core.models.train import train_with


def test_a_model_file_is_audited_and_nothing_in_it_is_executed(tmp_path):
    path = tmp_path / "evil.skops"
    skops.io.dump(FunctionTransformer(func=exec), path)
    assert list_types(path) == ("builtins.exec",)
    with pytest.raises(SparkLimeError, match=r"nothing of it was loaded: builtins\.exec"):
        load_estimator(path)
    skops.io.dump(FunctionTransformer(func=np.load), path)
    with pytest.raises(SparkLimeError, match="not trusted"):
        load_estimator(path)


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
    for _ in range(60):
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


@pytest.fixture(scope="module")
def cancer():
    return load_sample("breast_cancer")


def test_a_saved_model_predicts_the_same_bits(cancer, tmp_path):
    model = train_forest(cancer, n_estimators=10)
    save_estimator(model.estimator, tmp_path / "model.skops")
    again = load_estimator(tmp_path / "model.skops")
    np.testing.assert_array_equal(again.predict_proba(cancer.features), model.predict_fn(cancer.features))


def test_a_file_that_is_no_model_is_refused(tmp_path):
    (tmp_path / "model.skops").write_bytes(b"not a model")
    with pytest.raises(SparkLimeError, match="not a model"):
        load_estimator(tmp_path / "model.skops")
    with pytest.raises(SparkLimeError, match="no model file"):
        load_estimator(tmp_path / "absent.skops")
