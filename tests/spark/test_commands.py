"""The command line from a directory that is not the project's: on a cluster and Spark Connect; and their ports.

Most commands run in this process, and share its session; what a person presses or sees of a process has its own.
"""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import grpc
import pandas as pd
import psutil
import pyarrow.parquet as pq
import pytest
from pyspark.ml.classification import DecisionTreeClassifier
from pyspark.ml.feature import VectorAssembler
from pyspark.sql.connect.proto import ConfigRequest
from pyspark.sql.connect.proto.base_pb2_grpc import SparkConnectServiceStub

from sparklime_core import (
    RESULT_SCHEMA,
    adopt_model,
    build_explainer,
    connect,
    explain_rows,
    load_sample,
    train_forest,
)
from sparklime_core.explain.schema import TASK_SCHEMA
from tests.spark.conftest import done, refused
from tests.spark.strangers import SECONDS, listeners, python_workers, refuse_strangers

pytestmark = pytest.mark.spark
COMMAND = [sys.executable, "-m", "sparklime_core"]
WINE = ["explain", "wine.csv", "--target", "cultivar", "--trees", "20", "--num-samples", "200"]


@pytest.fixture
def cluster(standalone, two_workers):
    """A cluster, and the session on it in which the contract has been tried."""
    return two_workers


@pytest.fixture
def server(remote, connect_server):
    """A server of Spark Connect, and the session on it in which the contract has been tried."""
    return connect_server


def explanations(folder):
    return pq.read_table(folder / "explanations.parquet")


def test_a_run_on_a_cluster_writes_what_it_says(wine_folder, cluster):
    done(*WINE, "--engine", "reference", "--rows", "48", "--out", "out", "--master", cluster.url)
    assert done("doctor", "--master", cluster.url).count("round trip") == 2
    found = explanations(wine_folder / "out")
    assert found.schema.equals(RESULT_SCHEMA)
    assert found["row_id"].to_pylist() == list(range(48))
    assert found["error"].null_count == 48
    dataset = load_sample("wine")
    model = train_forest(dataset, n_estimators=20)
    settings = {"engine": "reference", "num_samples": 200}
    here = explain_rows(build_explainer(dataset), model.predict_fn, dataset.features[:48], **settings)
    assert found.equals(here)
    tasks = pq.read_table(wine_folder / "out" / "tasks.parquet")
    assert tasks.schema.equals(TASK_SCHEMA)
    assert sorted(set(tasks["executor"].to_pylist())) == ["0", "1"]
    assert sum(tasks["rows"].to_pylist()) == 48
    run = json.loads((wine_folder / "out" / "run.json").read_text())
    assert run["state"] == "finished"
    assert run["rows_explained"] == 48
    assert len(run["executors"]) == 2
    assert run["model"]["metrics"]["accuracy"] > 0.8


def test_executors_write_the_run_that_the_driver_would_have_written(wine_folder, cluster):
    where = ["--master", cluster.url]
    done(*WINE, "--out", "collected", *where)
    done(*WINE, "--out", "written", "--executors-write", *where)
    assert (wine_folder / "written" / "explanations.parquet").is_dir()
    assert explanations(wine_folder / "written").equals(explanations(wine_folder / "collected"))
    tasks = pq.read_table(wine_folder / "written" / "tasks.parquet")
    assert tasks.schema.equals(TASK_SCHEMA)
    assert sum(tasks["rows"].to_pylist()) == 178
    for name in ("collected", "written"):
        done("export", name, "--as", "csv", "--out", f"{name}.csv")
    assert (wine_folder / "written.csv").read_bytes() == (wine_folder / "collected.csv").read_bytes()
    collected, written = (
        json.loads((wine_folder / name / "run.json").read_text()) for name in ("collected", "written")
    )
    for entry in ("state", "rows", "rows_explained", "rows_failed"):
        assert written[entry] == collected[entry]
    assert written["writers"] == "executors"


def test_spark_connect_serves_the_same_commands(wine_folder, server):
    url = server.url
    assert url.startswith("sc://127.0.0.1:")
    assert done("doctor", "--master", url).count("round trip") == 2
    done(*WINE, "--out", "remote", "--master", url)
    run = json.loads((wine_folder / "remote" / "run.json").read_text())
    assert (run["state"], run["rows_explained"], run["rows_failed"]) == ("finished", 178, 0)
    assert [executor["id"] for executor in run["executors"]] == ["0", "1"]
    assert set(run["links"]) == {"application", "master", "worker 1", "worker 2"}
    tasks = pq.read_table(wine_folder / "remote" / "tasks.parquet")
    assert set(tasks["executor"].to_pylist()) <= {"0", "1"}


def test_a_model_of_spark_connect_is_adopted(server):
    with ThreadPoolExecutor(1) as another_thread:
        another_thread.submit(connect, server.url).result()
    dataset = load_sample("wine")
    table = pd.DataFrame(dataset.features, columns=list(dataset.feature_names)).assign(label=dataset.target)
    vector = VectorAssembler(inputCols=list(dataset.feature_names), outputCol="features")
    df = vector.transform(connect(server.url).createDataFrame(table))
    own = DecisionTreeClassifier(maxDepth=2).fit(df)
    model = adopt_model(own, dataset, table=df)
    assert model.metrics.values["accuracy"] > 0.8
    found = explain_rows(build_explainer(dataset), model, dataset.features[:2], engine="exact", num_samples=50)
    assert found["error"].null_count == 2


def test_who_has_no_secret_gets_nothing_but_pages_of_a_cluster(server):
    spark = connect(server.url)
    python_workers(spark)
    connect_port = int(server.url.rpartition(":")[2])
    with pytest.raises(grpc.RpcError, match="UNAUTHENTICATED"):
        ask_connect(server.url.removeprefix("sc://"))
    found = listeners(psutil.Process().children(recursive=True))
    del found[connect_port]
    refuse_strangers(found, wanted={"a page", "Spark's messages"})


def ask_connect(address):
    """Ask a server of Spark Connect for its settings, without a token."""
    with grpc.insecure_channel(address) as channel:
        request = ConfigRequest(session_id="00112233-4455-6677-8899-aabbccddeeff")
        SparkConnectServiceStub(channel).Config(request, timeout=SECONDS)


@pytest.mark.parametrize("master", ["spark://127.0.0.1:9", "spark://nowhere.invalid:7077"])
def test_an_unreachable_master_is_said_and_leaves_nothing_behind(wine_folder, master):
    assert "Nothing answers at " in refused(*WINE, "--out", "out", "--master", master)
    assert not (wine_folder / "out").exists()


def test_what_is_refused_is_one_line_of_the_process(wine_folder):
    words = [*COMMAND, *WINE, "--out", "out", "--master", "spark://127.0.0.1:9"]
    ended = subprocess.run(words, check=False, capture_output=True, text=True)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("sparklime: Nothing answers at ")
    assert ended.stderr.count("\n") == 1
