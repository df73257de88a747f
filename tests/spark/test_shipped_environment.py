"""Executors whose own Python has none of our packages: what is said of them, and what serves them."""

import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from sparklime_core import build_explainer, explain_rows, load_sample, train_forest
from sparklime_core.spark.executors import environment_archive
from sparklime_core.spark.session.connect import disconnect
from tests.spark.conftest import EMBEDDED, done, run_command

pytestmark = pytest.mark.spark
EXPLAIN = ["explain", "wine.csv", "--target", "cultivar", "--trees", "5", "--num-samples", "200", "--rows", "40"]


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory):
    """A Python of the same version with nothing but its standard library."""
    folder = tmp_path_factory.mktemp("bare")
    base = getattr(sys, "_base_executable", sys.executable)
    subprocess.run([base, "-m", "venv", "--without-pip", folder], check=True)
    return folder / "bin" / "python"


@pytest.fixture(autouse=True)
def _executors_run_the_bare_python(bare_python, wine_folder, monkeypatch):
    """Let the executors run the bare Python, unless they are told otherwise, in a session of the test's own."""
    monkeypatch.setenv("PYSPARK_PYTHON", str(bare_python))
    disconnect()
    yield
    disconnect()


def problems_of(checked):
    return [line for line in checked.output.splitlines() if line.startswith("PROBLEM")]


def test_what_the_executors_lack_is_diagnosed_with_a_way_out():
    checked = run_command("doctor", "--master", EMBEDDED)
    assert checked.code == 1, checked.errors
    problems = problems_of(checked)
    assert "Executor driver on " in problems[0]
    assert " has no numpy, scipy, scikit-learn, lime, dill, pyarrow, pandas, numba: install numpy==" in problems[0]
    assert "sparklime pack --out env.tar.gz" in problems[-1]


def test_a_run_on_embedded_spark_is_refused_with_a_way_out(wine_folder):
    ended = run_command(*EXPLAIN, "--out", "embedded", "--master", EMBEDDED)
    assert ended.code == 2, ended.output
    said = ended.errors.splitlines()[-1]
    assert said.startswith("sparklime: Executor driver on ")
    assert " has no numpy, scipy, scikit-learn" in said
    assert "neither PYSPARK_PYTHON nor spark.pyspark.python names another" in said
    assert not (wine_folder / "embedded").exists()


def test_the_executors_run_the_python_of_an_archive_and_a_run_that_lacks_more_is_refused(
    two_workers, wine_folder, monkeypatch
):
    with monkeypatch.context() as only:
        only.setattr(environment_archive, "NEEDED_PACKAGES", ("dill",))
        assert "dill==" in done("pack", "--out", "env.tar.gz")
    small = ["--master", two_workers.url, "--archive", "env.tar.gz"]
    checked = run_command("doctor", *small)
    assert checked.code == 1, checked.errors
    reports = [line for line in checked.output.splitlines() if line.startswith("executor ")]
    assert [report.split()[1] for report in reports] == ["0", "1"]
    for report in reports:
        assert "numpy missing, scipy missing, scikit-learn missing, lime missing, dill 0." in report
    problems = problems_of(checked)
    for executor in ("0", "1"):
        (lacks,) = (
            problem for problem in problems if f"Executor {executor} on " in problem and " has no " in problem
        )
        assert " has no numpy, scipy, scikit-learn, lime, pyarrow, pandas, numba: install numpy==" in lacks

    ended = run_command(*EXPLAIN, "--out", "refused", *small)
    assert ended.code == 2, ended.output
    said = ended.errors.splitlines()[-1]  # the progress is before it
    assert said.startswith("sparklime: Executor 0 on ")
    assert " has no numpy, scipy, scikit-learn" in said
    assert "--archive env.tar.gz" in said
    assert "Traceback" not in ended.errors
    assert not (wine_folder / "refused").exists()


@pytest.mark.slow
def test_the_packed_environment_serves_them(two_workers, wine_folder):
    packed = done("pack", "--out", "env.tar.gz")
    assert "lime==0.2.0.1" in packed
    assert "streamlit" not in packed
    done(*EXPLAIN, "--out", "explained", "--master", two_workers.url, "--archive", "env.tar.gz")

    dataset = load_sample("wine")
    model = train_forest(dataset, n_estimators=5)
    here = explain_rows(build_explainer(dataset), model.predict_fn, dataset.features[:40], num_samples=200)
    assert pq.read_table(wine_folder / "explained" / "explanations.parquet").equals(here)
