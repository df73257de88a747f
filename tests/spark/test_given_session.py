"""A session that somebody else has made is taken as it is, and goes on when we are done with it."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from sparklime_core import build_explainer, explain_rows, load_sample, train_forest
from sparklime_core.spark.cluster.local_cluster import find_cluster
from sparklime_core.spark.session.connect import connect, current, disconnect, master_of
from sparklime_core.spark.session.connection import forget_session
from sparklime_core.spark.session.jvm import spark_environment
from tests.spark.conftest import ROOT, done

pytestmark = pytest.mark.spark
WORDS = ["explain", "wine.csv", "--target", "cultivar", "--trees", "5", "--num-samples", "100"]
JOB = """
from sparklime_core.cli import main

code = main()

from pyspark.sql import SparkSession
from sparklime_core import SparkLimeError, connect, disconnect

spark = SparkSession.builder.getOrCreate()
assert connect() is connect("local[1]") is spark
for master, conf in (("local[3]", None), (None, {"spark.executor.memory": "2g"})):
    try:
        connect(master, conf=conf)
    except SparkLimeError as error:
        print(error)
disconnect()
assert spark.range(3).count() == 3
raise SystemExit(code)
"""


def test_the_command_line_takes_the_session_of_spark_submit(wine_folder):
    disconnect()
    (wine_folder / "job.py").write_text(JOB)
    submit = [
        Path(sys.executable).parent / "spark-submit",
        "--master",
        "local[1]",
        "--conf",
        "spark.ui.enabled=false",
    ]
    environment = {**spark_environment(), "PYTHONPATH": str(ROOT), "PYSPARK_PYTHON": sys.executable}
    words = [*submit, "job.py", *WORDS, "--out", "submitted"]
    ended = subprocess.run(words, check=False, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    *progress, explained, first, second = (
        ended.stdout.splitlines()
    )  # Spark joins what a script prints and complains
    assert all(" rows explained" in line for line in progress)
    assert explained.startswith("178 rows explained in ")
    assert [first, second] == [
        "This process already has a Spark session on local[1]; name no other master, or stop that session.",
        "This process already has a Spark session on local[1], which keeps its settings and its archive; "
        "give them to the program that starts it, such as spark-submit.",
    ]
    assert json.loads((wine_folder / "submitted" / "run.json").read_text())["master"] == "local[1]"
    dataset = load_sample("wine")
    model = train_forest(dataset, n_estimators=5)
    here = explain_rows(build_explainer(dataset), model.predict_fn, dataset.features, num_samples=100)
    assert pq.read_table("submitted/explanations.parquet").equals(here)


def test_a_session_of_spark_connect_is_taken(connect_server, wine_folder):
    disconnect()
    bottles = pa.array([f"bottle {at}" for at in range(178)])
    table = pyarrow.csv.read_csv("wine.csv").append_column("bottle", bottles)
    for name, rows in (("some", 40), ("more", 60)):
        pq.write_table(table.slice(0, rows), f"{name}.parquet")
    url = connect_server.url
    # PySpark itself sends a token without TLS to this name alone.
    theirs_url = url.replace("127.0.0.1", "localhost")
    theirs = SparkSession.builder.remote(f"{theirs_url}/;token={find_cluster(url).secret}").getOrCreate()
    try:
        assert connect() is theirs
        assert current().is_adopted
        assert master_of(theirs) == theirs_url
        learnt = ["--trained-on", *WORDS[1:], "--id", "bottle", "--out", "why", "--only-new"]
        assert done("explain-table", "some.parquet", *learnt) == "40 explanations -> why\n"
        assert (
            done("explain-table", "more.parquet", *learnt) == "20 explanations -> why; 40 rows were there before\n"
        )
        assert sorted(pq.read_table("why")["row_id"].to_pylist()) == sorted(bottles.slice(0, 60).to_pylist())
        disconnect()
        assert theirs.range(3).count() == 3
    finally:
        theirs.stop()
        forget_session()
