"""The library on other versions of Spark, each in an environment of its own.

`make test` explains on the lowest one, which differs most, with the lowest version of everything. `make
test-versions` and `make test-all` try all of them, models of their `pyspark.ml`, and the command line.
"""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from sparklime_core import load_model, read_csv
from tests.versions.environments import ROOT, Environment, run, spark

LIBRARY_ALONE = spark("3.5.0", "17.0.9.2", lowest=True)
EVERYTHING = spark("4.0.0", "21.0.8.0", lowest=True)
NEWER_4 = [spark("4.0.5", "21.0.8.2"), spark("4.1.4", "21.0.8.2"), spark("4.2.1", "21.0.8.2")]
ALL = [LIBRARY_ALONE, spark("3.5.9", "17.0.9.2"), EVERYTHING, *NEWER_4]

pytestmark = [pytest.mark.spark, pytest.mark.timeout(1800)]


def name_of(environment: Environment) -> str:
    return environment.name


def test_every_way_of_explaining_answers_as_explain_rows_on_the_lowest_version(tmp_path: Path) -> None:
    answers_as_explain_rows(LIBRARY_ALONE, tmp_path, "local[1]")


@pytest.mark.slow
@pytest.mark.parametrize("environment", ALL, ids=name_of)
def test_every_way_of_explaining_answers_as_explain_rows_and_saved_models_are_read(
    environment: Environment, tmp_path: Path
) -> None:
    answers_as_explain_rows(environment, tmp_path, "local[2]", "models")
    dataset = read_csv(tmp_path / "table.csv", "answer")
    for name, predicted in json.loads((tmp_path / "predicted.json").read_text()).items():
        saved = load_model(tmp_path / name, dataset)
        np.testing.assert_allclose(saved.predict_fn(dataset.features), predicted, atol=1e-9, err_msg=name)


def answers_as_explain_rows(environment: Environment, tmp_path: Path, *words: str) -> None:
    """Let an environment explain in each way, and hold its answers against `explain_rows`."""
    script = str(ROOT / "tests" / "versions" / "versions_script.py")
    version = run(environment, script, str(tmp_path), *words, cwd=tmp_path, home=tmp_path / "home")
    found = {path.stem: pyarrow.feather.read_table(path) for path in tmp_path.glob("*.feather")}

    assert environment.name == f"spark-{version}"
    assert found["here"].num_rows == 300
    for name in ("frame", "waves"):
        assert found[name].cast(found["here"].schema).equals(found["here"]), name
    named = found["named"].sort_by("row_id")
    assert named["row_id"].to_pylist() == sorted(named["row_id"].to_pylist())
    assert named["row_id"].type == pa.string()
    assert set(found["here"]["intercept"].to_pylist()) == set(named["intercept"].to_pylist())
    for answered, here in (("udf", "here"), ("typed udf", "typed here"), ("one udf", "one here")):
        assert pairs(found[answered]) == pairs(found[here]), answered
    assert found["typed here"]["error"].null_count == 1


@pytest.mark.slow
@pytest.mark.parametrize("environment", [EVERYTHING, *NEWER_4], ids=name_of)
def test_the_command_line_explains(environment: Environment, tmp_path: Path) -> None:
    def sparklime(*words: str) -> str:
        return run(environment, "-m", "sparklime_core", *words, cwd=tmp_path, home=tmp_path / "home")

    sparklime("sample", "wine")
    few = ["--num-samples", "60", "--master", "local[2]"]
    sparklime("explain", "wine.csv", "--target", "cultivar", "--trees", "3", "--out", "run", *few)
    sparklime("explain-table", "wine.csv", "--trained-in", "run", "--out", "table", *few)
    run_of, table = (pq.read_table(tmp_path / name) for name in ("run/explanations.parquet", "table"))

    assert run_of.num_rows == 178
    assert run_of["error"].null_count == 178
    assert table.sort_by("row_id").select(run_of.column_names).cast(run_of.schema).equals(run_of)


def pairs(table: pa.Table) -> list[list[tuple[str, float]] | None]:
    """Return explanations as conditions and weights."""
    return [
        None if entries is None else [(entry["feature_explanation"], entry["weight"]) for entry in entries]
        for entries in table["explanation"].to_pylist()
    ]
