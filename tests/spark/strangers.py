"""What strangers on this machine get from the ports that Spark opens: a refusal, or a page that only shows."""

import contextlib
import json
import os
import re
import socket
import struct
import urllib.error
import urllib.request

import psutil
import pyspark
from pyspark.core.context import SparkContext

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


def refuse_strangers(found, wanted):
    """See that ports refuse a stranger or are pages, that no page obeys, and that the wanted kinds are there."""
    kinds = {port: kind_of(port, process) for port, process in sorted(found.items())}
    assert wanted <= set(kinds.values()), kinds
    for port in (port for port, what in kinds.items() if what == "a page"):
        for path, order in ORDERS.items():
            status, answer = post(port, path, order)
            assert status >= 400, (port, path, answer)


def python_workers(spark):
    """Have the executors start their Python, which listens too."""
    spark.range(1).mapInArrow(lambda batches: batches, "id long").collect()


def listeners(processes):
    """The ports on which processes listen, each with its process; none but on loopback."""
    found = {}
    for process in processes:
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
