"""``cluster``: a standalone master and its workers on this machine, in the foreground."""

import argparse
import signal
import threading
from types import FrameType

from sparklime_core.cli.options import Commands
from sparklime_core.cli.output import say
from sparklime_core.errors import ClusterError


def add_parser(commands: Commands) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("cluster", help="run a Spark standalone cluster on 127.0.0.1 until Ctrl-C")
    parser.set_defaults(run=run)
    parser.add_argument("--workers", default=2, type=int)
    parser.add_argument("--cores", default=1, type=int, help="of each worker")
    parser.add_argument("--memory", default="1g", help="of each worker, like 1g or 2048m")
    parser.add_argument(
        "--connect", action="store_true", help="serve it through Spark Connect: the URL is sc://127.0.0.1:PORT"
    )


def run(arguments: argparse.Namespace) -> int:
    """Start the cluster, print its URL, and wait for Ctrl-C or a signal to end."""
    from sparklime_core.spark.cluster.local_cluster import LocalCluster  # noqa: PLC0415 - takes a second

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
