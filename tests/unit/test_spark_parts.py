"""The parts around Spark that need no JVM."""

import json
import os
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from lime.lime_tabular import LimeTabularExplainer
from py4j.protocol import Py4JNetworkError
from sklearn.ensemble import RandomForestClassifier

from sparklime_core.errors import ClusterError, SparkError
from sparklime_core.explain.preparing import prepare_task
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.spark import evidence, facts, payload, shipping
from sparklime_core.spark.carried import BroadcastBytes
from sparklime_core.spark.cluster import LocalCluster, memory_megabytes
from sparklime_core.spark.conf import executors_python, session_conf, without_secrets
from sparklime_core.spark.executor import executor_id
from sparklime_core.spark.failures import one_sentence
from sparklime_core.spark.job import LONGEST_SECONDS, WAVE_BYTES, Pace
from sparklime_core.spark.known import KnownCluster, clusters_folder, find_cluster
from sparklime_core.spark.masters import parse_master
from sparklime_core.spark.preflight import ExecutorReport, problems

WORKER = """Job aborted due to stage failure: Task 0 in stage 1.0 failed 4 times, most recent failure: ...
org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/x/worker.py", line 1, in main
    process()
ModuleNotFoundError: No module named 'mine'

\tat org.apache.spark.api.python.BasePythonRunner(PythonRunner.scala:572)
Driver stacktrace:
\tat org.apache.spark.X
Caused by: java.io.IOException: not this
"""


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (WORKER, "ModuleNotFoundError: No module named 'mine'."),
        ("Something broke\n\tat org.apache.X", "Something broke."),
        ("An error\n: a.B: c\nCaused by: java.io.IOException: Disk is full", "Disk is full."),
        ("", "no reason was given."),
    ],
)  # fmt: skip
def test_failures_become_one_sentence(text, sentence):
    assert one_sentence(RuntimeError(text)) == sentence


def test_a_lost_jvm_is_said_so():
    assert (
        one_sentence(Py4JNetworkError("Answer from Java side is empty"))
        == "the connection to Spark's JVM was lost."
    )


@pytest.mark.parametrize(("text", "megabytes"), [("1g", 1024), ("512m", 512), (" 2048MB ", 2048), ("2G", 2048)])
def test_memory(text, megabytes):
    assert memory_megabytes(text) == megabytes


@pytest.mark.parametrize("text", ["", "1", "1t", "g", "-1g", "1.5g", "511m", "0g", "1g; rm"])
def test_bad_memory_is_refused(text):
    with pytest.raises(ClusterError, match="worker"):
        memory_megabytes(text)


@pytest.mark.parametrize(
    "numbers", [{"workers": 0}, {"workers": 65}, {"cores": 0}, {"workers": True}, {"cores": 1.5}]
)
def test_bad_sizes_of_a_cluster_are_refused(numbers):
    with pytest.raises(ClusterError, match="must be between 1 and"):
        LocalCluster.start(**numbers)


def test_the_first_wave_is_small_and_the_next_follow_the_speed():
    assert Pace(60.0).blocks(4, 1000) == 4
    pace = Pace(0.25)
    assert pace.blocks(4, 1000) == 4 * 2
    assert pace.blocks(4, 1000) == 4 * 16
    pace.learn(0.5)
    assert pace.blocks(4, 1000) == 4 * 8
    pace.learn(60.0)
    assert pace.blocks(4, 1000) == 4
    pace.learn(0.5)
    later = [pace.blocks(1, 1000) for _ in range(20)]
    assert later == sorted(later)
    assert later[-1] == LONGEST_SECONDS / 0.5
    pace.learn(0.0)
    assert pace.blocks(4, 1_000_000) * 1_000_000 <= WAVE_BYTES


def test_settings_fit_the_workers_and_keep_secrets_off_the_command_line():
    known = KnownCluster("spark://127.0.0.1:1", "", (), "s3cret", 1, 2, (3,))
    workers = [{"memory": 4096}, {"memory": 768}]
    conf = session_conf(parse_master("spark://127.0.0.1:1"), "mine", "127.0.0.1", workers, known)
    assert conf["spark.executor.memory"] == "768m"
    assert conf["spark.authenticate.secret"] == "s3cret"
    assert conf["spark.executorEnv.OPENBLAS_NUM_THREADS"] == "1"
    told = without_secrets(conf)
    assert "s3cret" not in told.values()
    assert told["spark.driver.host"] == "127.0.0.1"


def test_the_python_of_the_executors(monkeypatch):
    monkeypatch.delenv("PYSPARK_PYTHON", raising=False)
    assert executors_python({}) == sys.executable
    assert executors_python({"spark.pyspark.python": "./env/bin/python"}) == "./env/bin/python"
    monkeypatch.setenv("PYSPARK_PYTHON", "/opt/python")
    assert executors_python({}) == "/opt/python"


def test_a_running_cluster_is_found_by_its_url(tmp_path, monkeypatch):
    monkeypatch.setenv("SPARKLIME_HOME", str(tmp_path))
    running = KnownCluster(
        "spark://127.0.0.1:1", "http://127.0.0.1:2", ("http://127.0.0.1:3",), "s3cret", os.getpid(), 2, (3,)
    )
    ended = replace(running, url="spark://127.0.0.1:9", supervisor=2**22 + 1)
    for name, cluster in (("a", running), ("b", ended), ("torn", None)):
        folder = clusters_folder() / name
        folder.mkdir(parents=True)
        if cluster:
            cluster.write(folder)
            assert (folder / "cluster.json").stat().st_mode & 0o077 == 0
        else:
            (folder / "cluster.json").write_text("{")
    assert find_cluster(running.url) == running
    assert find_cluster(ended.url) is None
    assert "s3cret" not in repr(running)
    assert json.loads((clusters_folder() / "a" / "cluster.json").read_text())["secret"] == "s3cret"


@pytest.mark.parametrize(
    ("environment", "executor"),
    [
        ({}, "driver"),
        ({"SPARK_EXECUTOR_ID": "7"}, "7"),
        ({"SPARK_LOG_URL_STDERR": "http://h:1/logPage/?appId=app-1&executorId=12&logType=stderr"}, "12"),
    ],
)
def test_an_executor_knows_its_id(monkeypatch, environment, executor):
    for name in ("SPARK_EXECUTOR_ID", "SPARK_LOG_URL_STDERR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert executor_id() == executor


def test_outputs_of_executors_are_read_in_order(tmp_path):
    for executor in ("10", "9"):
        folder = tmp_path / "work" / "app-1-0000" / executor
        folder.mkdir(parents=True)
        lines = [f"{evidence.MARK} executor {executor}: {n}" if n % 2 else f"INFO {n}" for n in range(100)]
        (folder / "stderr").write_text("\n".join(lines))
    first, second = evidence.cluster_outputs(tmp_path, "app-1-0000", lines=3)
    assert (first.executor, second.executor) == ("9", "10")
    assert [line[-2:] for line in first.evidence] == ["95", "97", "99"]
    assert [line[-2:] for line in first.tail] == ["97", "98", "99"]


@pytest.mark.parametrize("application", ["../../etc", "app-1/../..", "", "app-", "local-1"])
def test_only_an_application_can_be_asked_for(tmp_path, application):
    with pytest.raises(SparkError, match="There is no application"):
        evidence.cluster_outputs(tmp_path, application)


def report(**changes):
    whole = ExecutorReport("1", "host", 5, facts.python_version(), facts.package_versions(), 2**33, "/x", 0.1)
    return replace(whole, **changes)


def test_an_executor_like_this_process_has_no_problem():
    assert problems([report()]) == []
    assert "executor 1 on host: Python" in report().summary()


def test_problems_are_plain_sentences():
    packages = {**facts.package_versions(), "lime": None, "numpy": "1.0"}
    found = problems([report(python="2.7.18", packages=packages, free_memory=2**20)])
    assert len(found) == 4
    assert all(sentence.startswith("Executor 1 on host ") and sentence.endswith(".") for sentence in found)
    assert any("has no lime: install lime==" in sentence for sentence in found)


class Broadcast:
    """Stands in for Spark's: counts how often its value is read."""

    def __init__(self, data):
        self._value = data
        self.reads = 0

    @property
    def value(self):
        self.reads += 1
        return self._value


def published(seed):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(40, 3))
    model = RandomForestClassifier(2, random_state=0, n_jobs=2).fit(rows, rows[:, 0] > 0)
    task = prepare_task(LimeTabularExplainer(rows), model.predict_proba, ExplainSettings("reference"))
    data = payload.dill.dumps(task, recurse=True)
    return payload.Payload(str(seed), BroadcastBytes(Broadcast(data))), data


def test_a_payload_is_loaded_once_and_only_the_last_are_kept(monkeypatch, capsys):
    monkeypatch.setattr(payload, "_loaded", type(payload._loaded)())
    made = [published(seed) for seed in range(payload.KEPT + 1)]
    first = made[0][0]
    task = first.load()
    assert first.load() is task
    assert first.carried.broadcast.reads == 1
    assert capsys.readouterr().err.count("loaded model RandomForestClassifier(") == 1
    assert "_value" not in first.carried.broadcast.__dict__
    assert task.predict_fn.__self__.n_jobs == 1
    for other, _ in made[1:]:
        other.load()
    assert list(payload._loaded) == [other.id for other, _ in made[1:]]


def test_the_shipped_zip_is_named_after_what_it_holds(tmp_path, monkeypatch):
    monkeypatch.setenv("SPARKLIME_HOME", str(tmp_path))
    shipping.package_zip.cache_clear()
    first = shipping.package_zip()
    content = first.read_bytes()
    names = zipfile.ZipFile(first).namelist()
    assert "sparklime_core/explain/blocks.py" in names
    assert all(name.endswith(".py") for name in names)
    first.unlink()
    shipping.package_zip.cache_clear()
    again = shipping.package_zip()
    shipping.package_zip.cache_clear()
    assert (again, again.read_bytes()) == (first, content)
