"""Every port that we open is asked as a stranger would: it wants a secret, or is a page that only shows."""

import contextlib
import json
import os
import re
import socket
import struct
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import grpc
import psutil
import pyspark
import pytest
from pyspark.core.context import SparkContext
from pyspark.sql.connect.proto import ConfigRequest
from pyspark.sql.connect.proto.base_pb2_grpc import SparkConnectServiceStub

from sparklime_core import connect
from sparklime_core.spark.session.connect import disconnect
from tests.spark.gate import wait_for

pytestmark = pytest.mark.spark

HOST = "127.0.0.1"
SECONDS = 30
SECRET = b"0" * 64
"""What a stranger has in place of one."""

SUBMISSION = {
    "action": "CreateSubmissionRequest",
    "appResource": "",
    "clientSparkVersion": pyspark.__version__,
    "mainClass": "scala.tools.nsc.MainGenericRunner",
    "appArgs": ["-e", "println(1)"],
    "environmentVariables": {},
    "sparkProperties": {"spark.app.name": "a stranger's", "spark.master": "spark://127.0.0.1:7077"},
}
ORDERS = {
    "/v1/submissions/create": json.dumps(SUBMISSION),
    "/v1/submissions/kill/driver-1": "",
    "/app/kill": "id=app-1&terminate=true",
    "/driver/kill": "id=driver-1&terminate=true",
    "/workers/kill": f"host={HOST}",
    "/jobs/job/kill": "id=0",
    "/stages/stage/kill": "id=0",
}
"""What Spark's web servers do for whoever asks, where they are not told otherwise."""

EMBEDDED = "local[1]"


@pytest.mark.parametrize("kind", ["cluster", "embedded"])
def test_who_has_no_secret_gets_nothing_but_pages(kind, request):
    cluster = request.getfixturevalue("connect_server") if kind == "cluster" else None
    disconnect()
    others = listeners() if kind == "embedded" else {}
    spark = connect(cluster.connect_url if cluster else EMBEDDED)
    assert spark.range(3).count() == 3
    python_workers(spark)
    connect_port = int(cluster.connect_url.rpartition(":")[2]) if cluster else None
    found = {}
    for port, process in sorted(listeners().items()):
        if port not in others:
            found[port] = "Spark Connect" if port == connect_port else kind_of(port, process)
    if cluster:
        with pytest.raises(grpc.RpcError, match="UNAUTHENTICATED"):
            ask_connect(cluster.connect_url.removeprefix("sc://"))
    wanted = {"a page", "Spark's messages"} | (
        {"Spark Connect"} if cluster else {"py4j", "the daemon of Python workers"}
    )
    assert wanted <= set(found.values()), found
    for port in (port for port, what in found.items() if what == "a page"):
        for path, order in ORDERS.items():
            status, answer = post(port, path, order)
            assert status >= 400, (port, path, answer)


def test_a_job_is_not_ended_through_sparks_page(tmp_path):
    spark, gate, begun = connect(EMBEDDED), tmp_path / "gate", tmp_path / "begun"
    opened, entered, done = str(gate), str(begun), []

    def wait_at_the_gate(number):
        import pathlib

        pathlib.Path(entered).touch()
        while not pathlib.Path(opened).exists():
            time.sleep(0.05)
        return number

    job = threading.Thread(
        target=lambda: done.extend(spark.sparkContext.parallelize([7], 1).map(wait_at_the_gate).collect())
    )
    job.start()
    try:
        wait_for(begun.exists)
        pages, status = spark.sparkContext.uiWebUrl, spark.sparkContext.statusTracker()
        port = urllib.parse.urlsplit(pages).port
        ids = {"jobs": status.getActiveJobsIds(), "stages": status.getActiveStageIds()}
        for page, path in (("jobs", "/jobs/job/kill/"), ("stages", "/stages/stage/kill/")):
            (active,) = ids[page]
            with urllib.request.urlopen(f"{pages}/{page}/", timeout=SECONDS) as answer:
                token = re.search(r'name="csrfToken"\s+value="([^"]+)"', answer.read().decode())
            form = {"id": active, "terminate": "true", "csrfToken": token[1] if token else ""}
            assert post(port, path, urllib.parse.urlencode(form))[0] >= 400
    finally:
        gate.touch()
        job.join()
    assert done == [7]


def ask_connect(address):
    """Ask a server of Spark Connect for its settings, without a token."""
    with grpc.insecure_channel(address) as channel:
        request = ConfigRequest(session_id="00112233-4455-6677-8899-aabbccddeeff")
        SparkConnectServiceStub(channel).Config(request, timeout=SECONDS)


def python_workers(spark):
    """Have the executors start their Python, which listens too."""
    spark.range(1).mapInArrow(lambda batches: batches, "id long").collect()


def listeners():
    """The ports on which this process and all below it listen, each with its process; none but on loopback."""
    me, found = psutil.Process(), {}
    for process in [me, *me.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            for connection in process.net_connections("tcp"):
                if connection.status == psutil.CONN_LISTEN:
                    assert connection.laddr.ip.removeprefix("::ffff:") == HOST, connection
                    found[connection.laddr.port] = process
    return found


def kind_of(port, process):
    """What listens at a port, which has then refused a stranger, or is a page; anything else is a fault."""
    if process.pid == os.getpid():
        # It serves one connection alone, which the JVM has; a stranger would wait.
        server = SparkContext._active_spark_context._accumulatorServer
        assert (server.server_address[1], bool(server.auth_token)) == (port, True)
        return "the accumulators of PySpark"
    if "java" not in process.name():
        answer = said(port, struct.pack(">i", len(SECRET)) + SECRET, whole=True)
        assert re.fullmatch(rb".{4}\x00\x00\x00\x03err", answer, re.DOTALL), (process.cmdline(), answer)
        return "the daemon of Python workers"
    if said(port, b"GET / HTTP/1.0\r\n\r\n", whole=True).startswith(b"HTTP/1."):
        return "a page"
    if said(port, b"c\nt\ngetName\ne\n", whole=True).startswith(b"!xsAuthentication error"):
        return "py4j"
    answer = said(port, struct.pack(">qbqi", 21 + len(SECRET), 3, 77, len(SECRET)) + SECRET)
    assert b"Expected SaslMessage" in answer, (process.cmdline(), answer)
    return "Spark's messages"


def said(port, message, *, whole=False):
    """What is answered to a message: the first piece, or all up to the end."""
    with socket.create_connection((HOST, port), timeout=SECONDS) as connection:
        connection.sendall(message)
        answer = b""
        if whole:
            with contextlib.suppress(OSError):  # the other side has ended it already
                connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(65536):
                answer += piece
                if not whole:
                    break
        return answer


def post(port, path, body):
    """Post as a foreign page in a browser can; return the status and the answer."""
    headers = {"Content-Type": "text/plain", "Origin": "https://evil.example"}
    request = urllib.request.Request(f"http://{HOST}:{port}{path}", body.encode(), headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
