"""The parts around Spark that need no JVM."""

import json
import os
import sys
import threading
import zipfile
from dataclasses import replace

import numpy as np
import psutil
import pytest
from lime.lime_tabular import LimeTabularExplainer
from py4j.protocol import Py4JNetworkError
from sklearn.ensemble import RandomForestClassifier

from sparklime_core.errors import CancelledError, ClusterError, SparkError
from sparklime_core.explain.prepare_task import prepare_task
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.spark.cluster.local_cluster import LocalCluster, memory_megabytes
from sparklime_core.spark.cluster.registry import ClusterRecord, clusters_folder, find_cluster
from sparklime_core.spark.executors import logs, package_upload, self_report
from sparklime_core.spark.executors.identity import executor_id
from sparklime_core.spark.executors.preflight import (
    WAY_OUT,
    ExecutorReport,
    blocking_problems,
    differences,
    memory_problems,
)
from sparklime_core.spark.executors.watchdog import ExecutorWatchdog
from sparklime_core.spark.session.cancellable import unless_cancelled
from sparklime_core.spark.session.failures import one_sentence
from sparklime_core.spark.session.master import parse_master
from sparklime_core.spark.session.spark_conf import executors_python, session_conf, without_secrets
from sparklime_core.spark.waves import payload
from sparklime_core.spark.waves.broadcast import BroadcastBytes
from sparklime_core.spark.waves.scheduler import LONGEST_SECONDS, WAVE_BYTES, Pace

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
RPC = """<_InactiveRpcError of RPC that terminated with:
\tstatus = StatusCode.UNAVAILABLE
\tdetails = "failed to connect to all addresses"
"""


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (WORKER, "ModuleNotFoundError: No module named 'mine'."),
        ("Something broke\n\tat org.apache.X", "Something broke."),
        ("An error\n: a.B: c\nCaused by: java.io.IOException: Disk is full", "Disk is full."),
        ("", "no reason was given."),
        (RPC, "the connection to the server of Spark Connect was lost."),
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
    known = ClusterRecord("spark://127.0.0.1:1", "", (), "s3cret", 1, 2, (3,))
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
    running = ClusterRecord(
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
        lines = [f"{logs.MARK} executor {executor}: {n}" if n % 2 else f"INFO {n}" for n in range(100)]
        (folder / "stderr").write_text("\n".join(lines))
    first, second = logs.cluster_outputs(tmp_path, "app-1-0000", lines=3)
    assert (first.executor, second.executor) == ("9", "10")
    assert [line[-2:] for line in first.evidence] == ["95", "97", "99"]
    assert [line[-2:] for line in first.tail] == ["97", "98", "99"]


@pytest.mark.parametrize("application", ["../../etc", "app-1/../..", "", "app-", "local-1"])
def test_only_an_application_can_be_asked_for(tmp_path, application):
    with pytest.raises(SparkError, match="There is no application"):
        logs.cluster_outputs(tmp_path, application)


def report(**changes):
    whole = ExecutorReport(
        "1", "host", 5, self_report.python_version(), self_report.package_versions(), 2**33, "/x", 0.1
    )
    return replace(whole, **changes)


def test_an_executor_like_this_process_has_no_problem():
    assert differences([report()]) == []
    assert "executor 1 on host: Python" in report().summary()


def test_problems_are_plain_sentences():
    packages = {**self_report.package_versions(), "lime": None, "numpy": "1.0"}
    found = differences([report(python="2.7.18", packages=packages, free_memory=2**20)])
    assert len(found) == 5
    assert all(sentence.startswith("Executor 1 on host ") for sentence in found if sentence != WAY_OUT)
    assert all(sentence.endswith(".") for sentence in found)
    assert any("has no lime: install lime==" in sentence for sentence in found)


def test_what_an_executor_lacks_is_one_sentence_and_another_version_no_obstacle():
    packages = {**self_report.package_versions(), "lime": None, "scikit-learn": None, "numpy": "1.0"}
    (found,) = blocking_problems([report(packages=packages)])
    assert found.startswith("Executor 1 on host has no scikit-learn, lime: install scikit-learn==")
    assert blocking_problems([report(packages={**self_report.package_versions(), "numpy": "1.0"})]) == []


def test_executors_of_a_machine_share_its_memory():
    two = [report(executor=name, free_memory=2**30, cores=2) for name in ("1", "2")]
    assert memory_problems(two, 120 * 2**20) == []
    (found,) = memory_problems(two, 200 * 2**20)
    assert found.startswith(
        "The host host has 1024 MB of memory left, and its 4 Python workers need about 1600 MB"
    )
    assert memory_problems([report(free_memory=None)], 2**40) == []


def test_the_memory_that_is_left_is_what_the_system_can_give():
    assert self_report.free_memory() == pytest.approx(psutil.virtual_memory().available, rel=0.2)


class Executors:
    """Stands in for a session whose executors come and go."""

    master = "spark://host:1"

    def __init__(self):
        self.there = []

    def executors(self):
        return self.there


def test_a_run_does_not_wait_for_executors_for_ever(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("sparklime_core.spark.executors.watchdog.time.monotonic", lambda: now[0])
    session = Executors()
    watch = ExecutorWatchdog(session)
    for second, there in ((30, []), (55, ["0"]), (110, []), (114, ["1"]), (170, [])):
        now[0], session.there = second, there
        watch.check()
    now[0] = 175
    with pytest.raises(SparkError, match="has given no executor for 61 s: its workers are gone or busy"):
        watch.check()


def test_what_is_no_longer_wanted_is_not_waited_for_and_undone():
    cancel, go_on, undone = threading.Event(), threading.Event(), threading.Event()

    def slow():
        go_on.wait(30)
        return "made"

    threading.Timer(0.1, cancel.set).start()
    with pytest.raises(CancelledError):
        unless_cancelled(slow, cancel, lambda made: undone.set() if made == "made" else None)
    assert not undone.is_set()
    go_on.set()
    assert undone.wait(30)


def test_what_is_wanted_is_waited_for_and_its_error_is_told():
    assert unless_cancelled(lambda: 7, threading.Event()) == 7
    with pytest.raises(TimeoutError, match="its own"):
        unless_cancelled(lambda: (_ for _ in ()).throw(TimeoutError("its own")), threading.Event())


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
    package_upload.package_zip.cache_clear()
    first = package_upload.package_zip()
    content = first.read_bytes()
    names = zipfile.ZipFile(first).namelist()
    assert "sparklime_core/explain/task.py" in names
    assert all(name.endswith(".py") for name in names)
    first.unlink()
    package_upload.package_zip.cache_clear()
    again = package_upload.package_zip()
    package_upload.package_zip.cache_clear()
    assert (again, again.read_bytes()) == (first, content)
