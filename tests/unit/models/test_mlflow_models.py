"""Models in MLflow: by alias and by run, pickled or not, of each flavour that needs no Spark."""

import importlib
import warnings

import numpy as np
import pytest
from catboost import CatBoostClassifier
from lightgbm import LGBMClassifier
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from xgboost import XGBClassifier

from sparklime_core import SparkLimeError, load_model, load_sample
from sparklime_core.models.columns_model import ColumnsModel
from sparklime_core.models.raw_table import raw_frame

pytestmark = pytest.mark.filterwarnings("ignore")
QUIET = {"pip_requirements": []}


@pytest.fixture(scope="module", autouse=True)
def store(tmp_path_factory, mlflow):
    """A store of its own, in a database as MLflow makes it by default."""
    folder = tmp_path_factory.mktemp("mlflow")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.chdir(folder)
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'store.db'}")
        mlflow.set_tracking_uri(None)
        mlflow.set_experiment("models")
        yield folder


@pytest.fixture(scope="module")
def wine():
    return load_sample("wine")


@pytest.fixture
def logged(mlflow):
    def log(flavour, model, **how):
        with mlflow.start_run():
            flavour = importlib.import_module(f"mlflow.{flavour}")
            return flavour.log_model(model, name="model", **QUIET, **how).model_uri

    return log


def test_a_registered_model_is_found_by_its_alias(wine, mlflow, logged):
    own = LogisticRegression(max_iter=50).fit(wine.features, wine.target)
    logged("sklearn", own, registered_model_name="taste", serialization_format="skops")
    mlflow.MlflowClient().set_registered_model_alias("taste", "champion", 1)
    for uri in ("models:/taste@champion", "models:/taste/1"):
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # of a pickle, which this is not
            model = load_model(uri, wine)
        np.testing.assert_array_equal(model.predict_fn(wine.features), own.predict_proba(wine.features))
    with pytest.raises(SparkLimeError, match="MLflow cannot give the model 'models:/taste@none'"):
        load_model("models:/taste@none", wine)
    with pytest.raises(SparkLimeError, match="MLflow cannot give the model 'runs:/0/model'"):
        load_model("runs:/0/model", wine)


def test_a_pickle_is_opened_after_a_sentence(wine, mlflow):
    table = load_sample("penguins")
    frame = raw_frame(table)
    columns = ColumnTransformer([("island", OneHotEncoder(), ["island"])])
    own = make_pipeline(columns, LogisticRegression()).fit(frame[["island"]], frame["species"])
    with mlflow.start_run() as run:
        mlflow.sklearn.log_model(own, name="model", serialization_format="cloudpickle", **QUIET)
    said = []
    model = load_model(f"runs:/{run.info.run_id}/model", table, say=said.append)
    assert isinstance(model.estimator, ColumnsModel)
    np.testing.assert_allclose(model.predict_fn(table.features), own.predict_proba(frame[["island"]]), atol=1e-9)
    (sentence,) = said
    assert "can run any program that its maker has put into model.pkl" in sentence
    with pytest.warns(UserWarning, match="can run any program"):
        load_model(f"runs:/{run.info.run_id}/model", table)


@pytest.mark.parametrize(
    ("flavour", "own", "pickled"),
    [
        ("xgboost", XGBClassifier(n_estimators=3), False),
        ("lightgbm", LGBMClassifier(n_estimators=3, verbose=-1), True),
        ("catboost", CatBoostClassifier(iterations=3, verbose=0, allow_writing_files=False), False),
    ],
)
def test_boosters_are_read_from_their_own_files(wine, logged, flavour, own, pickled):
    own.fit(wine.features, wine.target)
    said = []
    model = load_model(logged(flavour, own), wine, say=said.append)
    np.testing.assert_allclose(model.predict_fn(wine.features), own.predict_proba(wine.features), atol=1e-6)
    assert bool(said) == pickled
    if pickled:  # the library's own model is a file of text
        model = load_model(logged(flavour, own.booster_), wine, say=said.append)
        np.testing.assert_allclose(model.predict_fn(wine.features), own.predict_proba(wine.features), atol=1e-6)
        assert len(said) == 1


def test_other_flavours_are_refused_by_name(wine, mlflow, tmp_path):
    mlflow.models.Model(flavors={"pytorch": {"model_data": "data"}}).save(str(tmp_path / "MLmodel"))
    with mlflow.start_run() as run:
        mlflow.log_artifacts(str(tmp_path), "other")
    with pytest.raises(
        SparkLimeError, match="has pytorch; the flavours spark, xgboost, lightgbm, catboost, sklearn"
    ):
        load_model(f"runs:/{run.info.run_id}/other", wine)
    mlflow.models.Model(flavors={"catboost": {"data": "../model.cb"}}).save(str(tmp_path / "MLmodel"))
    with mlflow.start_run() as run:
        mlflow.log_artifacts(str(tmp_path), "other")
    with pytest.raises(SparkLimeError, match="is damaged: its catboost data are missing"):
        load_model(f"runs:/{run.info.run_id}/other", wine)
