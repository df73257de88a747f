"""Tables that Spark reads, saved models and new rows: by the command line, on real Spark, against `explain`."""

import json
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sparklime_core import RESULT_SCHEMA, ReadOptions, SparkLimeError, build_explainer
from sparklime_core.data.batch_encoder import BatchEncoder
from sparklime_core.data.samples import read_sample, sample_csv
from sparklime_core.explain.prepare_task import prepare_task
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.jobs.runner import predict_fn_of
from sparklime_core.runs.run import Run
from sparklime_core.spark.explain_table import explain_table, open_source
from sparklime_core.spark.session.connection import connect
from tests.spark.conftest import EMBEDDED, done, refused

pytestmark = pytest.mark.spark
EXPLAIN = ["--num-samples", "200", "--master", EMBEDDED]
MODEL = ["--target", "species", "--trees", "10"]
ROWS = 344


def explanations(path, order="row_id"):
    return pq.read_table(path).sort_by(order)


def figures(table):
    """Return all but the rows' names, which two commands may take from different columns."""
    kept = table.drop(["row_id"])
    return kept.cast(pa.schema([RESULT_SCHEMA.field(name) for name in kept.column_names]))


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """A trained run of a table with gaps, categories and numbers, and the same rows as others keep them."""
    place = tmp_path_factory.mktemp("tables")
    (place / "penguins.csv").write_bytes(sample_csv("penguins"))
    reading = read_sample("penguins")
    table = pa.table({column.name: column.values for column in reading.columns})
    table = table.append_column("ring", pa.array([f"p{at:03d}" for at in range(ROWS)]))
    table = table.append_column("a.place", pa.array(np.arange(ROWS) + 1000))
    pq.write_table(table, place / "one.parquet")
    (place / "birds").mkdir()
    for at, (start, end) in enumerate([(0, 100), (100, 101), (101, ROWS)]):
        pq.write_table(table.slice(start, end - start), place / "birds" / f"part-{at}.parquet")
    done("explain", place / "penguins.csv", *MODEL, *EXPLAIN, "--out", place / "run")
    return place


@pytest.fixture
def folder(tables, monkeypatch):
    monkeypatch.chdir(tables)
    return tables


@pytest.fixture(scope="module")
def run(tables):
    return explanations(tables / "run" / "explanations.parquet", [("row_id", "ascending")])


def test_executors_write_what_the_run_has_of_the_same_rows(folder, run):
    again = ["explain-table", "birds", "--trained-in", "run", "--id", "ring", *EXPLAIN]
    assert done(*again, "--out", "out") == f"{ROWS} explanations -> out\n"
    found = explanations(folder / "out")
    assert found["row_id"].to_pylist() == [f"p{at:03d}" for at in range(ROWS)]
    assert figures(found).equals(figures(run))
    assert "already exists" in refused(*again, "--out", "out")
    done(*again, "--out", f"file://{folder}/out", "--mode", "overwrite")
    assert figures(explanations(folder / "out")).equals(figures(run))


def test_rows_of_texts_without_ids_go_by_their_places(folder, run):
    csv = ["explain-table", "penguins.csv", "--trained-in", "run", "--missing", "NA", "--format", "json", *EXPLAIN]
    done(*csv, "--out", "texts")
    lines = [
        json.loads(line)
        for part in sorted((folder / "texts").glob("part-*"))
        for line in part.read_text(encoding="utf-8").splitlines()
    ]
    lines.sort(key=lambda line: line["row_id"])
    assert [line["row_id"] for line in lines] == list(range(ROWS))
    assert [line["explanation"] for line in lines] == run["explanation"].to_pylist()
    assert [line["score"] for line in lines] == run["score"].to_pylist()


def test_a_saved_model_stands_for_training(folder, run):
    own = ["--model-file", "run/model.skops", "--target", "species"]
    done("explain", "penguins.csv", *own, *EXPLAIN, "--out", "own")
    assert pq.read_table(folder / "own" / "explanations.parquet").equals(
        pq.read_table(folder / "run" / "explanations.parquet")
    )
    table = ["explain-table", "one.parquet", "--trained-on", "penguins.csv", *own, "--id", "a.place", *EXPLAIN]
    done(*table, "--out", "own-table")
    found = explanations(folder / "own-table")
    assert found["row_id"].to_pylist() == list(range(1000, 1000 + ROWS))
    assert figures(found).equals(figures(run))


def test_new_rows_are_explained_by_an_earlier_runs_model(folder, run):
    done("explain", "birds", "--trained-in", "run", *EXPLAIN, "--out", "new")
    assert explanations(folder / "new" / "explanations.parquet").equals(run)


def test_a_table_of_the_catalog_is_written_where_the_settings_of_spark_say(folder, run):
    words = ["explain-table", "one.parquet", "--trained-in", "run", "--id", "a.place", "--out-table", "why"]
    command = [sys.executable, "-m", "sparklime_core", *words, *EXPLAIN]
    warehouse = ["--conf", f"spark.sql.warehouse.dir={folder}/warehouse"]
    ended = subprocess.run([*command, *warehouse], check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == f"{ROWS} explanations -> why\n"
    written = explanations(folder / "warehouse" / "why")
    assert written["row_id"].to_pylist() == list(range(1000, 1000 + ROWS))
    assert figures(written).equals(figures(run))


@pytest.fixture
def lake(folder):
    """A session, and in its catalog a database of its own with the table ``lake.birds``."""
    spark = connect(EMBEDDED)
    spark.sql(f"CREATE DATABASE IF NOT EXISTS lake LOCATION 'file://{folder}/lake'")
    spark.read.parquet(f"file://{folder}/birds").repartition(3).write.mode("overwrite").saveAsTable("lake.birds")
    yield spark
    spark.sql("DROP DATABASE lake CASCADE")


def test_a_table_of_the_catalog_is_read_and_another_written(lake, folder, run):
    words = ["explain-table", "lake.birds", "--trained-in", "run", "--id", "a.place", *EXPLAIN]
    done(*words, "--out-table", "lake.why")
    written = explanations(folder / "lake" / "why")
    assert written["row_id"].to_pylist() == list(range(1000, 1000 + ROWS))
    assert figures(written).equals(figures(run))


def jobs(spark):
    return len(spark.sparkContext.statusTracker().getJobIdsForGroup())


def said(action):
    with pytest.raises(SparkLimeError) as caught:
        action()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_nothing_runs_before_something_is_written_and_what_is_wrong_is_one_sentence(lake, folder):
    before = jobs(lake)
    inputs = Run(folder / "run").inputs()
    encoding = inputs.dataset.encoding
    source = open_source(lake, "lake.birds")
    encoder = BatchEncoder.of(encoding, source.columns, ReadOptions())
    task = prepare_task(build_explainer(inputs.dataset), predict_fn_of(inputs.estimator), ExplainSettings())
    explain_table(source, task, encoder, "ring")
    assert jobs(lake) == before

    assert said(lambda: open_source(lake, "absent.csv")) == "There is no file or folder 'absent.csv'."
    assert said(lambda: open_source(lake, "absent")).startswith("The table 'absent' cannot be read: ")
    assert said(lambda: open_source(lake, "birds", "martian")).startswith("Spark cannot read 'birds' as martian: ")
    columns = source.drop("year").columns
    lacking = said(lambda: BatchEncoder.of(encoding, columns, ReadOptions()))
    assert lacking.startswith("The table has no column 'year', which the model needs; it has ")
    assert said(lambda: explain_table(source, task, encoder, "tag")).startswith(
        "The DataFrame has no column 'tag'; it has "
    )
