"""Masters that are none: each gets one sentence, soon, and leaves no JVM behind."""

import http.server
import json
import socket
import threading
import time
from contextlib import contextmanager

import psutil
import pytest

from sparklime_core.errors import SparkError
from sparklime_core.spark.cluster import LocalCluster
from sparklime_core.spark.preflight import check_executors
from sparklime_core.spark.session import connect, current, disconnect

pytestmark = pytest.mark.spark


def refused(master, **settings):
    began = time.monotonic()
    with pytest.raises(SparkError) as caught:
        connect(master, **settings)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    assert time.monotonic() - began < 30
    assert current() is None
    assert [child for child in psutil.Process().children() if "java" in child.name()] == []
    return message


@contextmanager
def listener():
    """Something that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


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


def test_a_listener_that_is_no_master():
    with listener() as port:
        assert "does not answer as a master of Spark" in refused(f"spark://127.0.0.1:{port}", timeout=15)


def test_a_master_of_another_version():
    with listener() as port, web_page_of_a_master(f"spark://127.0.0.1:{port}", "3.5.7"):
        message = refused(f"spark://127.0.0.1:{port}")
    assert "runs Spark 3.5.7" in message
    assert "Spark 4." in message


def test_a_cluster_without_a_worker_or_the_secret(home, monkeypatch):
    with LocalCluster.start(workers=1, memory="512m") as cluster:
        with monkeypatch.context() as stranger:
            stranger.setenv("SPARKLIME_HOME", str(home / "of-a-stranger"))
            assert "wants a secret" in refused(cluster.url)
        psutil.Process(cluster.known.workers[0]).kill()
        try:
            spark = connect(cluster.url)
            with pytest.raises(SparkError, match="has given no executor"):
                check_executors(spark, timeout=3)
        finally:
            disconnect()
    assert not cluster.alive()
