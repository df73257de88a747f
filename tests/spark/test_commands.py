"""The command line as a person types it: from another directory, on embedded Spark and on a real cluster."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pyarrow.parquet as pq
import pytest

from sparklime_core import RESULT_SCHEMA
from sparklime_core.explain.schema import TASK_SCHEMA

pytestmark = pytest.mark.spark
COMMAND = [sys.executable, "-m", "sparklime_core"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A directory that is not the project's, with wine.csv in it."""
    monkeypatch.setenv("SPARKLIME_HOME", str(tmp_path / "home"))
    subprocess.run([*COMMAND, "sample", "wine"], cwd=tmp_path, check=True, capture_output=True)
    return tmp_path


def sparklime(folder, *arguments):
    command = [*COMMAND, *arguments]
    return subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=240)


@contextmanager
def cluster(folder, *options):
    process = subprocess.Popen(
        [*COMMAND, "cluster", "--workers", "2", "--cores", "1", "--memory", "1g", *options],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process.stdout.readline().strip()
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


WINE = ["explain", "wine.csv", "--target", "cultivar", "--trees", "20", "--num-samples", "500"]


def test_a_cluster_and_embedded_spark_write_the_same_results(folder):
    fewer = [*WINE, "--engine", "reference", "--num-samples", "200"]
    with cluster(folder) as url:
        assert url.startswith("spark://127.0.0.1:")
        ended = sparklime(folder, *fewer, "--out", "standalone", "--master", url)
        assert ended.returncode == 0, ended.stderr
        checked = sparklime(folder, "doctor", "--master", url)
        assert checked.returncode == 0, checked.stdout
    ended = sparklime(folder, *fewer, "--out", "embedded", "--master", "local[2]")
    assert ended.returncode == 0, ended.stderr
    standalone, embedded = (
        pq.read_table(folder / out / "explanations.parquet") for out in ("standalone", "embedded")
    )
    assert standalone.schema.equals(RESULT_SCHEMA)
    assert standalone.equals(embedded)
    assert standalone["row_id"].to_pylist() == list(range(178))
    assert standalone["error"].null_count == 178
    tasks = pq.read_table(folder / "standalone" / "tasks.parquet")
    assert tasks.schema.equals(TASK_SCHEMA)
    assert sorted(set(tasks["executor"].to_pylist())) == ["0", "1"]
    assert sum(tasks["rows"].to_pylist()) == 178
    run = json.loads((folder / "standalone" / "run.json").read_text())
    assert run["state"] == "finished"
    assert run["rows_explained"] == 178
    assert len(run["executors"]) == 2
    assert run["model"]["metrics"]["accuracy"] > 0.8


def test_a_cluster_is_served_through_spark_connect(folder):
    with cluster(folder, "--connect") as url:
        assert url.startswith("sc://127.0.0.1:")
        checked = sparklime(folder, "doctor", "--master", url)
        assert checked.returncode == 0, checked.stdout
        assert checked.stdout.count("round trip") == 2
        ended = sparklime(folder, *WINE, "--out", "remote", "--master", url)
        assert ended.returncode == 0, ended.stderr
    run = json.loads((folder / "remote" / "run.json").read_text())
    assert (run["state"], run["rows_explained"], run["rows_failed"]) == ("finished", 178, 0)
    assert [executor["id"] for executor in run["executors"]] == ["0", "1"]
    assert set(run["links"]) == {"application", "master", "worker 1", "worker 2"}
    assert set(pq.read_table(folder / "remote" / "tasks.parquet")["executor"].to_pylist()) <= {"0", "1"}


def hear_interrupts():
    """Undo what a shell does to commands in the background: they, and what they start, ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interrupted_run_ends_with_130_and_is_resumed_to_the_same_bits(folder):
    slow = [*WINE, "--engine", "reference", "--num-samples", "3000", "--rows", "80", "--master", "local[1]"]
    process = subprocess.Popen(
        [*COMMAND, *slow, "--out", "cut"],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=hear_interrupts,  # noqa: PLW1509 - no other thread runs here
    )
    deadline = time.monotonic() + 120
    while not (folder / "cut" / "run.json").exists() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(2)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert json.loads((folder / "cut" / "run.json").read_text())["state"] == "cancelled"
    resumed = sparklime(folder, "explain", "--resume", "--out", "cut", "--master", "local[2]")
    assert resumed.returncode == 0, resumed.stderr
    whole = sparklime(folder, *slow[:-1], "local[2]", "--out", "whole")
    assert whole.returncode == 0, whole.stderr
    cut, whole = (pq.read_table(folder / out / "explanations.parquet") for out in ("cut", "whole"))
    assert cut.equals(whole)


def test_a_run_says_how_to_repeat_it_to_the_last_bit(folder):
    other = folder / "elsewhere"
    other.mkdir()
    (other / "wine.csv").write_bytes((folder / "wine.csv").read_bytes())
    chosen = ["--model", "extra_trees", "--rows", "test", "--model-seed", "4", "--discretizer", "decile"]
    ended = sparklime(folder, *WINE, *chosen, "--out", "first", "--master", "local[2]")
    assert ended.returncode == 0, ended.stderr
    command = sparklime(folder, "export", "first", "--as", "command").stdout
    script = sparklime(folder, "export", "first", "--as", "script", "--out", str(other / "repeat.py"))
    assert script.returncode == 0, script.stderr

    by_command = sparklime(other, *shlex.split(command)[1:])
    by_script = subprocess.run(
        [sys.executable, "repeat.py"], cwd=other, capture_output=True, text=True, check=False
    )

    assert by_command.returncode == 0, by_command.stderr
    assert by_script.returncode == 0, by_script.stderr
    first = pq.read_table(folder / "first" / "explanations.parquet")
    assert first.equals(pq.read_table(other / "repeated" / "explanations.parquet"))
    assert first.equals(pq.read_table(other / "explanations.parquet"))


@pytest.mark.parametrize("master", ["spark://127.0.0.1:9", "spark://nowhere.invalid:7077"])
def test_an_unreachable_master_is_said_soon_and_leaves_nothing_behind(folder, master):
    began = time.monotonic()
    ended = sparklime(folder, *WINE, "--out", "out", "--master", master)
    assert ended.returncode == 2
    assert time.monotonic() - began < 30
    assert ended.stderr.startswith("sparklime: ")
    assert ended.stderr.count("\n") == 1
    assert not (folder / "out").exists()
