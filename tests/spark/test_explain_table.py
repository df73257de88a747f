"""Tables that Spark reads, saved models and new rows: by the command line, on real Spark, against `explain`."""

import json
import subprocess
import sys

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import functions as sf

from sparklime_core import RESULT_SCHEMA, ReadOptions, SparkLimeError, build_explainer, read_csv
from sparklime_core.data.feature_encoding import BatchEncoder
from sparklime_core.data.table_source import read_sample, sample_csv
from sparklime_core.explain.explain_rows import prepare_task
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.explain.types import predict_fn_of
from sparklime_core.runs.run import Run
from sparklime_core.spark.explain_table import explain_table, open_source
from sparklime_core.spark.session.connect import connect
from tests.spark.conftest import EMBEDDED, done, refused, running
from tests.spark.gate import kill, wait_for

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


def parts(folder):
    """Return when each file of explanations was written."""
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("part-*")}


def test_only_rows_that_the_target_lacks_are_explained_on_request(folder, run):
    some = pq.read_table(folder / "one.parquet").slice(0, 100)
    pq.write_table(some, folder / "some.parquet")
    words = ["--trained-in", "run", "--id", "ring", "--out", "grown", *EXPLAIN]
    first = done("explain-table", "some.parquet", *words, "--only-new", "--steps", "2")
    assert first == "100 explanations -> grown\n"
    before = parts(folder / "grown")
    assert "'grown' already exists, and was made from other rows" in refused("explain-table", "birds", *words)
    grown = done("explain-table", "birds", *words, "--only-new")
    assert grown == "244 explanations -> grown; 100 rows were there before\n"
    assert before.items() <= parts(folder / "grown").items()
    found = explanations(folder / "grown")
    assert found["row_id"].to_pylist() == [f"p{at:03d}" for at in range(ROWS)]
    assert figures(found).equals(figures(run))

    again = done("explain-table", "birds", *words, "--only-new")
    assert again == "0 explanations -> grown; 344 rows were there before\n"
    others = ["--seed", "7", "--kernel-width", "2"]
    assert "'grown' already exists, and was made with another seed, kernel width; name another place." in refused(
        "explain-table", "birds", *words, "--only-new", *others
    )
    by_place = ["--id", "a.place"]
    assert "was made with another id" in refused("explain-table", "birds", *words, "--only-new", *by_place)


def test_what_only_new_rows_cannot_be_added_to_is_said(folder):
    words = ["explain-table", "one.parquet", "--trained-in", "run", *EXPLAIN]
    new = [*words, "--id", "ring", "--only-new"]
    assert "The column 'sex' is null in 11 rows; " in refused(*words, "--id", "sex", "--out", "unborn")
    assert "The column 'year' has '2009.0' in 120 rows, and " in refused(*words, "--id", "year", "--out", "unborn")
    assert "does not say by which settings it was made" in refused(*new, "--out", "one.parquet")
    needs = "--only-new needs --id with the column that names the rows"
    assert refused(*words, "--only-new", "--out", "unborn").startswith(needs)
    assert refused(*new, "--format", "csv", "--out", "unborn").startswith(needs)
    assert refused(*new, "--mode", "overwrite", "--out", "unborn").startswith(needs)
    assert not (folder / "unborn").exists()


LATE = 4
"""Steps of the command that is killed in the last one."""


def test_a_killed_command_goes_on_with_what_it_had_not_written(gate, wine_folder):
    """The model waits for a row of the last step; a task of this step has ended when the driver is killed."""
    wine = read_csv("wine.csv", target="cultivar")
    done("explain", "wine.csv", "--target", "cultivar", "--trees", "5", *EXPLAIN, "--out", "run")
    table = pa.table(dict(zip(wine.feature_names, wine.features.T, strict=True)))
    pq.write_table(table.append_column("bottle", pa.array(np.arange(wine.rows))), "wine.parquet")
    steps = connect(EMBEDDED).read.parquet(f"file://{wine_folder}/wine.parquet")
    last = steps.where(sf.pmod(sf.xxhash64("bottle"), sf.lit(LATE)) == LATE - 1).agg(sf.max("bottle")).first()[0]
    words = ["explain-table", "wine.parquet", "--trained-in", "run", "--id", "bottle", "--out", "why", *EXPLAIN]
    target = wine_folder / "why"
    with running("tests.spark.gated_command", gate.folder, last, *words, "--steps", LATE) as driver:
        wait_for(
            lambda: driver.poll() is not None or (gate.waiting() and list(target.glob("_temporary/*/task_*")))
        )
        assert driver.poll() is None
        # All at once: a JVM that hears of its driver's end clears up.
        kill([*psutil.Process(driver.pid).children(recursive=True), psutil.Process(driver.pid)])
    before = parts(target)
    left = list(target.glob("_temporary/*/task_*/*.parquet"))
    kept = pq.read_table(target).num_rows
    assert left
    assert 0 < kept < wine.rows

    assert "already exists, and was made with another seed" in refused(*words, "--seed", "3")
    assert done(*words) == f"{wine.rows - kept} explanations -> why; {kept} rows were there before\n"
    assert before.items() <= parts(target).items()
    found = explanations(target)
    assert found["row_id"].to_pylist() == list(range(wine.rows))
    assert figures(found).equals(figures(explanations("run/explanations.parquet")))
    assert refused(*words).startswith(f"'why' already exists, and has all {wine.rows} rows; --only-new explains")
