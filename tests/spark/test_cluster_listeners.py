"""Every port of a cluster and of its server of Spark Connect is asked as a stranger would."""

import grpc
import psutil
import pytest
from pyspark.sql.connect.proto import ConfigRequest
from pyspark.sql.connect.proto.base_pb2_grpc import SparkConnectServiceStub

from sparklime_core import connect
from tests.spark.strangers import SECONDS, listeners, python_workers, refuse_strangers

pytestmark = pytest.mark.spark


def test_who_has_no_secret_gets_nothing_but_pages_of_a_cluster(connect_server):
    spark = connect(connect_server.url)
    python_workers(spark)
    connect_port = int(connect_server.url.rpartition(":")[2])
    with pytest.raises(grpc.RpcError, match="UNAUTHENTICATED"):
        ask_connect(connect_server.url.removeprefix("sc://"))
    found = listeners(psutil.Process().children(recursive=True))
    del found[connect_port]
    refuse_strangers(found, wanted={"a page", "Spark's messages"})


def ask_connect(address):
    """Ask a server of Spark Connect for its settings, without a token."""
    with grpc.insecure_channel(address) as channel:
        request = ConfigRequest(session_id="00112233-4455-6677-8899-aabbccddeeff")
        SparkConnectServiceStub(channel).Config(request, timeout=SECONDS)
