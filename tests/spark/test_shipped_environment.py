"""Executors whose own Python has none of our packages: what is said of them, and what serves them."""

import os
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from sparklime_core import build_explainer, explain_rows, load_sample, train_forest
from tests.spark.daemons import Daemons

pytestmark = pytest.mark.spark
COMMAND = [sys.executable, "-m", "sparklime_core"]
EXPLAIN = ["explain", "wine.csv", "--target", "cultivar", "--trees", "5", "--num-samples", "200", "--rows", "40"]


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory):
    """A Python of the same version with nothing but its standard library."""
    folder = tmp_path_factory.mktemp("bare")
    base = getattr(sys, "_base_executable", sys.executable)
    subprocess.run([base, "-m", "venv", "--without-pip", folder], check=True)
    return folder / "bin" / "python"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, bare_python):
    with Daemons(tmp_path_factory.mktemp("cluster"), python=str(bare_python)) as daemons:
        daemons.start_master()
        daemons.start_worker()
        yield daemons


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A folder that is not the project's, with wine.csv in it."""
    folder = tmp_path_factory.mktemp("elsewhere")
    subprocess.run([*COMMAND, "sample", "wine"], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def sparklime(elsewhere, bare_python):
    """The command line where the executors run the bare Python, unless told otherwise."""

    def run(*arguments):
        environment = {**os.environ, "PYSPARK_PYTHON": str(bare_python)}
        command = [*COMMAND, *map(str, arguments)]
        return subprocess.run(
            command, check=False, cwd=elsewhere, env=environment, capture_output=True, text=True, timeout=400
        )

    return run


def test_what_the_executors_lack_is_diagnosed_with_a_way_out(cluster, sparklime):
    checked = sparklime("doctor", "--master", cluster.url)
    assert checked.returncode == 1, checked.stderr
    problems = [line for line in checked.stdout.splitlines() if line.startswith("PROBLEM")]
    assert "Executor 0 on " in problems[0]
    assert " has no numpy, scipy, scikit-learn, lime, dill, pyarrow, pandas, numba: install numpy==" in problems[0]
    assert "sparklime pack --out env.tar.gz" in problems[1]


def test_a_run_is_refused_before_it_begins(cluster, sparklime, elsewhere):
    refused = sparklime(*EXPLAIN, "--out", "refused", "--master", cluster.url)
    assert refused.returncode == 2
    said = refused.stderr.splitlines()[-1]  # the progress is before it
    assert said.startswith("sparklime: Executor 0 on ")
    assert " has no numpy, scipy, scikit-learn" in said
    assert "--archive env.tar.gz" in said
    assert "Traceback" not in refused.stderr
    assert not (elsewhere / "refused").exists()


def test_the_packed_environment_serves_them(cluster, sparklime, elsewhere):
    packed = sparklime("pack", "--out", "env.tar.gz")
    assert packed.returncode == 0, packed.stderr
    assert "lime==0.2.0.1" in packed.stdout
    assert "streamlit" not in packed.stdout
    explained = sparklime(*EXPLAIN, "--out", "explained", "--master", cluster.url, "--archive", "env.tar.gz")
    assert explained.returncode == 0, explained.stderr

    dataset = load_sample("wine")
    model = train_forest(dataset, n_estimators=5)
    here = explain_rows(build_explainer(dataset), model.predict_fn, dataset.features[:40], num_samples=200)
    assert pq.read_table(elsewhere / "explained" / "explanations.parquet").equals(here)
