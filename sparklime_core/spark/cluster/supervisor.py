"""The process that a local cluster lives in: ``python -m ... FOLDER WORKERS CORES MEMORY [connect]``.

It starts a standalone master and its workers, and a server of Spark Connect on them where one is wanted, writes
down where they are, and ends them all, with everything that they have started, when its standard input ends: that
is when the process that holds the other end stops it, ends, or is killed.
"""

import contextlib
import os
import re
import secrets
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import psutil

from sparklime_core.atomic_files import PRIVATE, write_file
from sparklime_core.errors import ClusterError
from sparklime_core.paths import PRIVATE_MASK
from sparklime_core.process_identity import process_start
from sparklime_core.spark.cluster.local_cluster import ClusterRecord
from sparklime_core.spark.session.java import SPARK_HOME, quick_start
from sparklime_core.spark.session.jvm import LOOPBACK, spark_environment
from sparklime_core.spark.session.master import parse_master, read_json
from sparklime_core.spark.session.spark_conf import authentication, session_conf

START_SECONDS = 120.0
GRACE_SECONDS = 3.0
DAEMON_MEMORY = "512m"
PROPERTIES = "spark.conf"
CLOSED = {"spark.master.rest.enabled": "false", "spark.ui.killEnabled": "false"}
"""Spark's REST server would run any program for all who reach it, with no secret; its pages would end work."""

CONNECT = "connect"
CONNECT_NAME = "SparkLIME Connect"
CONNECT_PROPERTIES = "connect.conf"
CONNECT_CLASS = "org.apache.spark.sql.connect.service.SparkConnectServer"


def main(arguments: list[str]) -> int:
    """Run a cluster until standard input ends or its master does; return an exit code."""
    folder, workers, cores, memory = Path(arguments[0]), int(arguments[1]), arguments[2], arguments[3]
    os.umask(PRIVATE_MASK)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _exit)
    try:
        known, master = _start(folder, workers, cores, memory)
        if CONNECT in arguments[4:]:
            known = _serve(folder, known)
        known.write(folder)
        _wait(master)
    except ClusterError as error:
        print(error, file=sys.stderr, flush=True)  # noqa: T201 - `LocalCluster` shows the log's last line
        return 1
    finally:
        _end_all()
    return 0


def _start(folder: Path, workers: int, cores: str, memory: str) -> tuple[ClusterRecord, "subprocess.Popen[bytes]"]:
    secret = secrets.token_hex(32)
    properties = folder / PROPERTIES
    settings = {**authentication(secret), **CLOSED}
    _write_properties(properties, settings)
    # Port 0 lets the system choose free ones, which no other process can take in between.
    ports = ["--host", LOOPBACK, "--port", "0", "--webui-port", "0", "--properties-file", str(properties)]
    master = _daemon("master.Master", ports, folder / "master.log")
    deadline = time.monotonic() + START_SECONDS
    url = _logged(r"Starting Spark master at (spark://\S+)", folder / "master.log", master, deadline)
    web_url = _logged(r"MasterWebUI.* started at (http://\S+)", folder / "master.log", master, deadline)
    web_url = web_url.replace("localhost", LOOPBACK)
    size = ["--cores", cores, "--memory", memory, "--work-dir", str(folder / "work")]
    started = [
        _daemon("worker.Worker", [*ports, *size, url], folder / f"worker-{number}.log")
        for number in range(1, workers + 1)
    ]
    pages = _await_workers(web_url, [master, *started], workers, deadline)
    pids = tuple(worker.pid for worker in started)
    known = ClusterRecord(
        url,
        web_url,
        pages,
        secret,
        os.getpid(),
        master.pid,
        pids,
        supervisor_start=process_start(os.getpid()),
        master_start=process_start(master.pid),
        python_path=os.environ.get("PYTHONPATH", ""),
    )
    return known, master


def _serve(folder: Path, known: ClusterRecord) -> ClusterRecord:
    """Start a server of Spark Connect on the cluster; it lets in who knows the cluster's secret."""
    workers = read_json(f"{known.web_url}/json/")["workers"]
    conf = session_conf(parse_master(known.url), CONNECT_NAME, LOOPBACK, workers, known)
    del conf["spark.log.level"]  # the lines that are read below are no warnings
    conf["spark.connect.grpc.binding.address"] = LOOPBACK
    conf["spark.connect.grpc.binding.port"] = "0"
    conf["spark.connect.authenticate.token"] = known.secret
    properties = folder / CONNECT_PROPERTIES
    _write_properties(properties, conf)
    log = folder / "connect.log"
    command = ["spark-submit", "--class", CONNECT_CLASS, "--properties-file", str(properties), "spark-internal"]
    server = _spawn(command, log, SPARK_CONNECT_MODE="0", PYSPARK_PYTHON=sys.executable)
    deadline = time.monotonic() + START_SECONDS
    url = "sc://" + _logged(r"Spark Connect server started at: (\S+)", log, server, deadline)
    port = re.search(r"service 'SparkUI' on port (\d+)", log.read_text(errors="replace"))
    return replace(known, connect_url=url, connect_web_url=f"http://{LOOPBACK}:{port[1]}" if port else None)


def _write_properties(path: Path, settings: Mapping[str, str]) -> None:
    """Write settings for a launcher of Spark, readable by this user only: they hold the secret."""
    write_file(path, "".join(f"{key} {value}\n" for key, value in settings.items()), PRIVATE)


def _daemon(name: str, arguments: list[str], log: Path) -> "subprocess.Popen[bytes]":
    """Start a daemon of Spark."""
    return _spawn(
        ["spark-class", f"org.apache.spark.deploy.{name}", *arguments],
        log,
        SPARK_DAEMON_MEMORY=DAEMON_MEMORY,
        SPARK_DAEMON_JAVA_OPTS=quick_start(),
    )


def _spawn(command: list[str], log: Path, **variables: str) -> "subprocess.Popen[bytes]":
    """Start a launcher of Spark; what it starts stays in the supervisor's process group."""
    own = {key: value for key, value in os.environ.items() if key.startswith(("SPARK_", "PYSPARK_"))}
    for key in own:  # a person's settings for some other Spark
        del os.environ[key]
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(SPARK_HOME / "bin" / command[0]), *command[1:]],
            env={**spark_environment(), **variables},
            cwd=log.parent,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )


def _logged(pattern: str, log: Path, process: "subprocess.Popen[bytes]", deadline: float) -> str:
    """Wait for a line in a log; return the part of it that is looked for."""
    while True:
        found = re.search(pattern, log.read_text(errors="replace"))
        if found:
            return found[1]
        _check_started([process], log, deadline)


def _await_workers(
    web_url: str, processes: list["subprocess.Popen[bytes]"], workers: int, deadline: float
) -> tuple[str, ...]:
    """Wait until all workers have registered; return the addresses of their pages."""
    while True:
        listed = []
        with contextlib.suppress(OSError, ValueError):
            listed = [w for w in read_json(f"{web_url}/json/")["workers"] if w["state"] == "ALIVE"]
        if len(listed) == workers:
            return tuple(worker["webuiaddress"].replace("localhost", LOOPBACK) for worker in listed)
        _check_started(processes, None, deadline)


def _check_started(processes: list["subprocess.Popen[bytes]"], log: Path | None, deadline: float) -> None:
    where = f"; see {log}" if log else ""
    if any(process.poll() is not None for process in processes):
        raise ClusterError(f"A process of the cluster ended while it started{where}.")
    if time.monotonic() > deadline:
        raise ClusterError(f"The cluster did not start within {START_SECONDS:.0f} s{where}.")
    readable, _, _ = select.select([sys.stdin], [], [], 0.1)
    if readable:
        raise ClusterError("The process that started the cluster has ended.")


def _wait(master: "subprocess.Popen[bytes]") -> None:
    """Return when standard input or the master has ended."""
    while master.poll() is None:
        readable, _, _ = select.select([sys.stdin], [], [], 1.0)
        if readable and not os.read(sys.stdin.fileno(), 4096):
            return


def _end_all() -> None:
    """End everything below this process, executors and Python workers included: first asked, then by force."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    below = psutil.Process().children(recursive=True)
    for process in below:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, left = psutil.wait_procs(below, timeout=GRACE_SECONDS)
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, timeout=GRACE_SECONDS)


def _exit(_number: int, _frame: object) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
