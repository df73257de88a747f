"""The settings of Spark that a session starts with."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sparklime_core.spark.daemon
from sparklime_core.paths import warehouse_folder
from sparklime_core.spark.cluster.local_cluster import ClusterRecord
from sparklime_core.spark.session.java import quick_start
from sparklime_core.spark.session.jvm import LOOPBACK
from sparklime_core.spark.session.master import Master

EXECUTOR_MEMORY = 1024
SMALLEST_EXECUTOR_MEMORY = 512
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
SECRETIVE = ("secret", "password", "token", "key")
DAEMON = "sparklime_worker_daemon"
PYTHON_PATH = "spark.executorEnv.PYTHONPATH"


def session_conf(
    master: Master,
    app_name: str,
    address: str | None,
    workers: Sequence[Mapping[str, Any]],
    known: ClusterRecord | None,
) -> dict[str, str]:
    """Return Spark's settings for a session.

    Parameters
    ----------
    address
        The address at which executors reach this process; None where Spark has to find it.
    workers
        Of a standalone master, from its ``/json/``; empty where that is not known.
    known
        The local cluster of the master, if it is one.
    """
    conf = {
        "spark.master": master.url,
        "spark.app.name": app_name,
        "spark.driver.memory": "2g",
        "spark.driver.maxResultSize": "1g",
        "spark.driver.extraJavaOptions": quick_start(),
        "spark.ui.port": "0",
        # Spark's page has no sign-in: it shows, and changes nothing.
        "spark.ui.killEnabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "WARN",
        "spark.scheduler.mode": "FAIR",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.python.worker.reuse": "true",
        # How long a Python worker may go on after its task was cancelled.
        "spark.python.task.killTimeout": "500ms",
        # As DataFrames set it: jobs with other variables would have Python workers of their own.
        "spark.executorEnv.SPARK_SIMPLIFIED_TRACEBACK": "1",
        # Spark has a task for each core already; more threads only get in each other's way.
        **{f"spark.executorEnv.{name}": "1" for name in ONE_THREAD},
    }
    if address is not None:
        conf.update({"spark.driver.host": address, "spark.driver.bindAddress": address})
    if workers:
        # Spark never starts an executor that needs more memory than a worker has.
        fitting = min(int(worker["memory"]) for worker in workers)
        conf["spark.executor.memory"] = f"{max(min(EXECUTOR_MEMORY, fitting), SMALLEST_EXECUTOR_MEMORY)}m"
    if master.is_local or known is not None:
        # Where others run Spark, their settings say it.
        conf["spark.sql.warehouse.dir"] = warehouse_folder().absolute().as_uri()
    if master.is_local:
        # Results stay in this JVM: by default larger ones than a megabyte go through a connection with itself.
        conf["spark.task.maxDirectResultSize"] = "64m"
        # Its executor asks the driver for the model over a port that every process of the machine can reach.
        # Spark makes the secret itself.
        conf["spark.authenticate"] = "true"
    if address == LOOPBACK and not master.is_local:
        conf["spark.executor.extraJavaOptions"] = quick_start()  # its executors are on this machine
    if known is not None:
        conf.update(authentication(known.secret))
    return conf


def daemon_conf(master: Master, known: ClusterRecord | None, asked: Mapping[str, str]) -> dict[str, str]:
    """Return the settings with which Python workers are forked from a process that has imported what they need.

    They are for executors that run this very Python on this machine: embedded ones, and those of a local cluster.
    There are none for other executors, for a cluster that an earlier version has started, nor where the system
    cannot tell how many threads a process has.

    Parameters
    ----------
    known
        The local cluster of the master, if it is one.
    asked
        Settings that win over these.
    """
    is_here = master.is_local or (known is not None and known.python_path)
    is_this_python = executors_python(asked) == sys.executable and PYTHON_PATH not in asked
    if not (is_here and is_this_python and sys.platform == "linux"):
        return {}
    folder = str(Path(sparklime_core.spark.daemon.__file__).parent)
    return {
        "spark.python.daemon.module": DAEMON,
        PYTHON_PATH: os.pathsep.join([folder, known.python_path] if known else [folder]),
    }


def authentication(secret: str) -> dict[str, str]:
    """Return the settings with which Spark's processes let in only those who know a secret."""
    return {"spark.authenticate": "true", "spark.authenticate.secret": secret}


def without_secrets(conf: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that may stand on a command line, which everybody on the machine can read."""
    return {key: value for key, value in conf.items() if not any(word in key.lower() for word in SECRETIVE)}


def executors_python(conf: Mapping[str, str]) -> str:
    """Return the Python that the executors run: as set, or this very one."""
    return conf.get("spark.pyspark.python") or os.environ.get("PYSPARK_PYTHON") or sys.executable
