"""Masters that are none: each gets one sentence, and leaves no JVM behind."""

import http.server
import json
import socketserver
import threading
import time
from contextlib import contextmanager, suppress
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
from lime.lime_tabular import LimeTabularExplainer
from pyspark.sql import is_remote
from sklearn.tree import DecisionTreeClassifier

from sparklime_core.errors import SparkError
from sparklime_core.explain.explain_rows import prepare_task
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.spark.session import start_session
from sparklime_core.spark.session.choose_backend import backend_of
from sparklime_core.spark.session.connect import connect, current, disconnect
from sparklime_core.spark.waves.scheduler import run_waves
from tests.spark.gate import SECONDS, is_gone, wait_for

pytestmark = pytest.mark.spark


@pytest.fixture(autouse=True)
def _no_session():
    disconnect()
    yield
    disconnect()


def refused(master, **settings):
    with pytest.raises(SparkError) as caught:
        connect(master, **settings)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    assert current() is None
    assert [child for child in psutil.Process().children() if "java" in child.name()] == []
    return message


def test_what_spark_says_of_a_yarn_that_is_not_set_up(monkeypatch):
    for name in ("HADOOP_CONF_DIR", "YARN_CONF_DIR"):
        monkeypatch.delenv(name, raising=False)
    said = refused("yarn")
    assert "When running with master 'yarn' either HADOOP_CONF_DIR or YARN_CONF_DIR must be set" in said


@contextmanager
def listener(on_contact=lambda: None):
    """Something that accepts connections and says nothing; who says something to it has made contact."""

    class Silent(socketserver.BaseRequestHandler):
        def handle(self):
            with suppress(ConnectionError):
                while self.request.recv(4096):
                    on_contact()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Silent) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@contextmanager
def web_page_of_a_master(url, version):
    """The page of a master that runs some version of Spark, on a port of this same process."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            html = f'<span class="version me-3">{version}</span>'
            body = json.dumps({"url": url, "workers": []}) if self.path == "/json/" else html
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


def test_nobody_listens():
    with listener() as port:
        pass
    assert "Nothing answers at spark://127.0.0.1" in refused(f"spark://127.0.0.1:{port}")


def test_an_unknown_host():
    assert "Nothing answers at spark://no-such-host.invalid:7077" in refused("spark://no-such-host.invalid:7077")


def test_a_listener_that_is_no_master(monkeypatch):
    asked = threading.Event()

    def clock():
        """Tell the time, which is up when Spark has asked the listener."""
        return time.monotonic() + (asked.is_set() and 1000.0)

    with listener(on_contact=asked.set) as port:
        with monkeypatch.context() as hurried:
            hurried.setattr(start_session, "time", SimpleNamespace(monotonic=clock, sleep=time.sleep))
            assert "does not answer as a master of Spark" in refused(f"spark://127.0.0.1:{port}", timeout=240)
        assert asked.is_set()
        assert "does not answer as a server of Spark Connect" in refused(f"sc://127.0.0.1:{port}", timeout=3)
    assert "Nothing answers at sc://127.0.0.1" in refused(f"sc://127.0.0.1:{port}")


def test_a_master_of_another_version():
    with listener() as port, web_page_of_a_master(f"spark://127.0.0.1:{port}", "3.5.7"):
        message = refused(f"spark://127.0.0.1:{port}")
    assert "runs Spark 3.5.7" in message
    assert "Spark 4." in message


def test_a_cluster_whose_secret_is_not_known(two_workers, home, monkeypatch):
    monkeypatch.setenv("SPARKLIME_HOME", str(home / "of-a-stranger"))
    assert "wants a secret" in refused(two_workers.url)


def test_a_connect_server_that_wants_a_token_and_then_ends(connect_server, home, gate, monkeypatch):
    url = connect_server.url
    with monkeypatch.context() as stranger:
        stranger.setenv("SPARKLIME_HOME", str(home / "of-a-stranger"))
        assert "SPARK_CONNECT_AUTHENTICATE_TOKEN" in refused(url)
        stranger.setenv("SPARK_CONNECT_AUTHENTICATE_TOKEN", connect_server.known.secret)
        spark = connect(url)
        assert spark.range(3).count() == 3
        assert is_remote()
        assert connect(url) is spark
        with pytest.raises(SparkError, match=r"Spark Connect at sc://.* refused: .*CANNOT_MODIFY"):
            connect(url, conf={"spark.executor.memory": "9g"})
        assert not is_remote()
    spark = connect(url)
    rows = np.random.default_rng(0).normal(size=(64, 3))
    model = DecisionTreeClassifier().fit(rows, rows[:, 0] > 0)
    # The run cannot end: its last row waits at a gate that stays closed.
    held = gate.guard(model.predict_proba, rows[-1])
    settings = ExplainSettings("reference", num_samples=100)
    task = prepare_task(LimeTabularExplainer(rows), held, settings)
    kept = []

    def explain():
        # One wave at a time: the first must not wait for a core that the gate holds.
        run_waves(
            spark,
            task,
            rows,
            np.arange(len(rows)),
            tasks_at_once=1,
            on_wave=kept.append,
            cancel=threading.Event(),
        )

    with gate.hold(explain, lambda: kept) as ended:
        workers = gate.waiting()
        assert connect_server.interrupt() == 0
        wait_for(lambda: all(is_gone(worker) for worker in workers))
        with pytest.raises(SparkError, match=r"Connect was lost|Connect server is gone"):
            ended.result(SECONDS)
    assert kept[0].explanations.num_rows
    assert current() is None
    assert not is_remote()
    with pytest.raises(SparkError, match="The Spark session has ended"):
        backend_of(spark).executors()


def test_the_cluster_command_ends_when_it_is_interrupted(two_workers):
    assert two_workers.url.startswith("spark://127.0.0.1:")
    assert two_workers.known.has_master()
    assert two_workers.interrupt() == 0
    assert not two_workers.known.has_master()
