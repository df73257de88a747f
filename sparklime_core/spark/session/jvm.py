"""The JVM of this process, started so that it can be waited for, and killed.

It is started by hand: PySpark's ``launch_gateway(popen_kwargs=...)`` has no deadline, and gives the process away
only when the JVM has answered.
"""

import contextlib
import os
import re
import signal
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark import SparkContext
from pyspark.java_gateway import launch_gateway

from sparklime_core.errors import SparkError
from sparklime_core.spark.session.java import SPARK_HOME, java_environment
from sparklime_core.waiting import wait_for

LOOPBACK = "127.0.0.1"
_RAISED = re.compile(r"^Exception in thread \S+ [\w.$]+: (.+?)\.?$", re.MULTILINE)
STOP_SECONDS = 5.0


@dataclass(frozen=True)
class Gateway:
    """A JVM and the way to talk to it.

    Attributes
    ----------
    process
        The JVM. It ends when its standard input ends, so it cannot outlive this process.
    python
        py4j's gateway.
    """

    process: "subprocess.Popen[bytes]"
    python: Any

    def alive(self) -> bool:
        """Tell whether the JVM runs."""
        return self.process.poll() is None

    def stop(self) -> None:
        """End the JVM, by force where it does not end by itself, and let PySpark forget it."""
        with contextlib.suppress(Exception):
            self.python.shutdown()
        end_process(self.process)
        forget_context()


def spark_environment() -> dict[str, str]:
    """Return an environment in which the launchers of this Spark work, and bind web pages to this machine only."""
    return {**_launchers_environment(), "SPARK_LOCAL_IP": LOOPBACK, "SPARK_PUBLIC_DNS": LOOPBACK}


def _launchers_environment() -> dict[str, str]:
    return {**os.environ, **java_environment(), "SPARK_HOME": str(SPARK_HOME)}


def start_gateway(conf: Mapping[str, str], log: Path, deadline: float) -> Gateway:
    """Start a JVM.

    Parameters
    ----------
    conf
        Spark's settings that a JVM must know at its start, like ``spark.driver.memory``.
    log
        Where its output goes, and in embedded mode that of the Python workers.
    deadline
        On the clock of `time.monotonic`.

    Raises
    ------
    SparkError
        When it does not start, or not in time.
    """
    settings = [part for key, value in conf.items() for part in ("--conf", f"{key}={value}")]
    # Executors of YARN and Kubernetes reach the driver where Spark finds its address: not on this machine alone.
    environment = spark_environment() if "spark.driver.host" in conf else _launchers_environment()
    with tempfile.TemporaryDirectory() as folder, log.open("ab") as output:
        answer = Path(folder) / "gateway"
        process = subprocess.Popen(
            [str(SPARK_HOME / "bin" / "spark-submit"), *settings, "pyspark-shell"],
            env={**environment, "SPARK_CONNECT_MODE": "0", "_PYSPARK_DRIVER_CONN_INFO_PATH": str(answer)},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C in a terminal is for Python, which then ends the JVM in good order
        )
        try:
            port, token = _await_address(process, answer, log, deadline)
            with _variables(PYSPARK_GATEWAY_PORT=str(port), PYSPARK_GATEWAY_SECRET=token):
                return Gateway(process, launch_gateway())  # type: ignore[no-untyped-call]
        except BaseException:
            end_process(process)
            raise


def _await_address(
    process: "subprocess.Popen[bytes]", answer: Path, log: Path, deadline: float
) -> tuple[int, str]:
    if not wait_for(answer.is_file, lambda: process.poll() is not None or time.monotonic() > deadline):
        if process.poll() is None:
            raise SparkError(f"Spark's JVM did not start in time; its log is {log}.")
        said = _RAISED.search(log.read_text(errors="replace"))
        raise SparkError(f"Spark's JVM ended while it started{f': {said[1]}' if said else ''}; its log is {log}.")
    content = answer.read_bytes()
    port, length = struct.unpack("!ii", content[:8])
    return port, content[8 : 8 + length].decode()


def end_process(process: "subprocess.Popen[bytes]") -> None:
    """End a process that leads a session of its own: by closing its input, then by force."""
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def forget_context() -> None:
    """Let PySpark start afresh: it keeps one gateway and one context in class attributes."""
    with SparkContext._lock:
        SparkContext._gateway = None
        SparkContext._jvm = None
        SparkContext._active_spark_context = None


@contextlib.contextmanager
def _variables(**values: str) -> Iterator[None]:
    """Set environment variables for a moment: PySpark reads in them where a JVM runs already."""
    os.environ.update(values)
    try:
        yield
    finally:
        for name in values:
            os.environ.pop(name, None)
