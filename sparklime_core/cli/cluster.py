"""``cluster``: a standalone master and its workers on this machine, in the foreground."""

import argparse
import signal
import threading
from types import FrameType

from sparklime_core.cli.output import say
from sparklime_core.errors import ClusterError
from sparklime_core.spark.cluster.local_cluster import LocalCluster


def run(arguments: argparse.Namespace) -> int:
    """Start the cluster, print its URL, and wait for Ctrl-C or a signal to end."""
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    size = {"workers": arguments.workers, "cores": arguments.cores, "memory": arguments.memory}
    with LocalCluster.start(**size, connect=arguments.connect) as cluster:
        say(cluster.connect_url or cluster.url)
        say(f"web page {cluster.web_url}, logs in {cluster.logs}; Ctrl-C ends it")
        while not ended.wait(1.0):
            if not cluster.alive():
                raise ClusterError(f"The cluster has ended by itself; its logs are in {cluster.logs}.")
    return 0
