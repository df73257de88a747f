"""A run in a tracking server of MLflow."""

import json
import warnings

import pyarrow.parquet as pq
import pytest

from sparklime_core import load_sample, train_forest
from sparklime_core.cli import main
from sparklime_core.runs.manifest import RunState
from sparklime_core.runs.store import RunStore
from tests.finished_run import make_run

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    dataset = load_sample("penguins")
    return make_run(RunStore(tmp_path_factory.mktemp("runs")), dataset, train_forest(dataset, n_estimators=3), 12)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mlflow")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.chdir(folder)
        yield f"sqlite:///{folder / 'store.db'}"


def test_settings_measures_explanations_and_report_are_logged(finished, store, mlflow, tmp_path, capsys):
    assert main(["log", str(finished.folder), "--tracking-uri", store, "--experiment", "why"]) == 0
    logged = capsys.readouterr().out.strip()
    client = mlflow.MlflowClient(tracking_uri=store)
    found, manifest = client.get_run(logged), finished.manifest()
    assert found.info.status == "FINISHED"
    assert client.get_experiment(found.info.experiment_id).name == "why"
    assert found.data.params["explain.engine"] == manifest.explain.engine
    assert found.data.params["model.n_estimators"] == "3"
    assert found.data.params["target"] == "species"
    assert found.data.params["table.sha256"] == manifest.data.digest
    assert found.data.metrics["model.accuracy"] == manifest.model.metrics["accuracy"]
    assert found.data.metrics["rows_explained"] == 12
    assert 0 < found.data.metrics["mean_score"] < 1
    assert found.data.tags["sparklime.run"] == finished.id
    names = {entry.path for entry in client.list_artifacts(logged, "sparklime")}
    assert {"sparklime/report.html", "sparklime/run.json", "sparklime/explanations.parquet"} <= names
    folder = client.download_artifacts(logged, "sparklime", str(tmp_path))
    explained = pq.read_table(f"{folder}/explanations.parquet")
    assert explained.equals(pq.read_table(finished.folder / "explanations.parquet"))
    with open(f"{folder}/run.json", encoding="utf-8") as held:
        assert json.load(held)["title"] == manifest.title
    with open(f"{folder}/report.html", encoding="utf-8") as held:
        assert "Explanations of" in held.read()


def test_what_cannot_be_logged_is_said_in_one_line(finished, capsys, monkeypatch):
    assert main(["log", "nowhere"]) == 2
    assert "nowhere" in capsys.readouterr().err
    assert main(["log", str(finished.folder), "--tracking-uri", "magic://here"]) == 2
    assert "MLflow has not taken the run" in capsys.readouterr().err
    assert finished.manifest().state is RunState.FINISHED
