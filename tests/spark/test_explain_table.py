"""Tables that Spark reads, saved models and new rows: by the command line, on real Spark, against `explain`."""

import json
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sparklime_core import RESULT_SCHEMA
from sparklime_core.data.samples import read_sample, sample_csv
from tests.spark.conftest import run_script

pytestmark = pytest.mark.spark
EXPLAIN = ["--num-samples", "200", "--master", "local[2]"]
MODEL = ["--target", "species", "--trees", "10"]
ROWS = 344


def sparklime(folder, *arguments):
    command = [sys.executable, "-m", "sparklime_core", *arguments]
    return subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=300)


def done(folder, *arguments):
    ended = sparklime(folder, *arguments)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def said(folder, *arguments):
    ended = sparklime(folder, *arguments)
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert ended.stderr.count("\n") == 1
    return ended.stderr


def explanations(path, order="row_id"):
    return pq.read_table(path).sort_by(order)


def figures(table):
    """Return all but the rows' names, which two commands may take from different columns."""
    kept = table.drop(["row_id"])
    return kept.cast(pa.schema([RESULT_SCHEMA.field(name) for name in kept.column_names]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
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
    done(place, "explain", "penguins.csv", *MODEL, *EXPLAIN, "--out", "run")
    return place


@pytest.fixture(scope="module")
def run(folder):
    return explanations(folder / "run" / "explanations.parquet", [("row_id", "ascending")])


def test_executors_write_what_the_run_has_of_the_same_rows(folder, run):
    again = ["explain-table", "birds", "--trained-in", "run", "--id", "ring", *EXPLAIN]
    printed = done(folder, *again, "--out", "out")
    assert printed == f"{ROWS} explanations -> out\n"
    found = explanations(folder / "out")
    assert found["row_id"].to_pylist() == [f"p{at:03d}" for at in range(ROWS)]
    assert figures(found).equals(figures(run))
    assert "already exists" in said(folder, *again, "--out", "out")
    done(folder, *again, "--out", f"file://{folder}/out", "--mode", "overwrite")
    assert figures(explanations(folder / "out")).equals(figures(run))


def test_rows_of_texts_without_ids_go_by_their_places(folder, run):
    csv = ["explain-table", "penguins.csv", "--trained-in", "run", "--missing", "NA", "--format", "json", *EXPLAIN]
    done(folder, *csv, "--out", "texts")
    lines = [
        json.loads(line)
        for part in sorted((folder / "texts").glob("part-*"))
        for line in part.open(encoding="utf-8")
    ]
    lines.sort(key=lambda line: line["row_id"])
    assert [line["row_id"] for line in lines] == list(range(ROWS))
    assert [line["explanation"] for line in lines] == run["explanation"].to_pylist()
    assert [line["score"] for line in lines] == run["score"].to_pylist()


def test_a_saved_model_stands_for_training(folder, run):
    own = ["--model-file", "run/model.skops", "--target", "species"]
    done(folder, "explain", "penguins.csv", *own, *EXPLAIN, "--out", "own")
    assert pq.read_table(folder / "own" / "explanations.parquet").equals(
        pq.read_table(folder / "run" / "explanations.parquet")
    )
    table = ["explain-table", "one.parquet", "--trained-on", "penguins.csv", *own, "--id", "a.place", *EXPLAIN]
    done(folder, *table, "--out", "own-table")
    found = explanations(folder / "own-table")
    assert found["row_id"].to_pylist() == list(range(1000, 1000 + ROWS))
    assert figures(found).equals(figures(run))


def test_new_rows_are_explained_by_an_earlier_runs_model(folder, run):
    done(folder, "explain", "birds", "--trained-in", "run", *EXPLAIN, "--out", "new")
    assert explanations(folder / "new" / "explanations.parquet").equals(run)


@pytest.fixture(scope="module")
def catalog(folder):
    return json.loads(run_script("catalog.py", folder, cwd=folder))


def test_a_table_of_the_catalog_is_read_and_another_written(folder, run, catalog):
    assert catalog["code"] == 0
    written = explanations(folder / "warehouse" / "why")
    assert written["row_id"].to_pylist() == list(range(1000, 1000 + ROWS))
    assert figures(written).equals(figures(run))


def test_nothing_runs_before_something_is_written(catalog):
    assert catalog["lazy"]


def test_what_is_wrong_is_one_sentence(catalog):
    said = catalog["said"]
    assert said["file"] == "There is no file or folder 'absent.csv'."
    assert said["table"].startswith("The table 'absent' cannot be read: ")
    assert said["format"].startswith("Spark cannot read 'birds' as martian: ")
    assert said["column"].startswith("The table has no column 'year', which the model needs; it has ")
    assert said["id"].startswith("The DataFrame has no column 'tag'; it has ")
    assert all("\n" not in sentence for sentence in said.values())
