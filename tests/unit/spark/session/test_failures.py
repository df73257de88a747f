"""What Spark says when it fails, in one sentence."""

import pytest
from py4j.protocol import Py4JNetworkError
from pyspark.errors.exceptions.connect import SparkConnectGrpcException

from sparklime_core.spark.session.failures import one_sentence

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


@pytest.mark.parametrize(
    ("kind", "whose"),
    [
        (SparkConnectGrpcException, "the Spark Connect server is gone"),
        (RuntimeError, "the Spark session was stopped"),
    ],
)
@pytest.mark.parametrize(
    "text", ["Cannot call methods on a stopped SparkContext.\nThis stopped...", "SparkContext was shut down"]
)
def test_a_stopped_context_is_said_with_what_to_do(kind, whose, text):
    assert one_sentence(kind(text)) == f"{whose}; connect again, and resume what was not finished."


def test_a_lost_jvm_is_said_so():
    assert (
        one_sentence(Py4JNetworkError("Answer from Java side is empty"))
        == "the connection to Spark's JVM was lost."
    )
