"""An executor's report on itself. It imports the standard library alone: the executor may lack packages."""

import importlib.metadata
import json
import os
import platform
import re
import socket
import time
from dataclasses import dataclass

EMBEDDED = "driver"
"""Id of the only executor of embedded Spark."""

NEEDED_PACKAGES = ("numpy", "scipy", "scikit-learn", "lime", "dill", "pyarrow", "pandas", "numba")
STANDS_FOR = {"xgboost": "xgboost-cpu", "xgboost-cpu": "xgboost"}
"""Packages that another one stands for."""

LINGER_SECONDS = 0.2
"""How long a report takes, so that Spark gives the next one to another executor."""


def executor_id() -> str:
    """Return the id of the executor that this Python worker serves; Spark has it in the environment."""
    named = os.environ.get("SPARK_EXECUTOR_ID")
    found = re.search(r"[?&]executorId=([^&]+)", os.environ.get("SPARK_LOG_URL_STDERR", ""))
    return named or (found[1] if found else EMBEDDED)


def package_versions() -> dict[str, str]:
    """Return the versions of all installed packages, by their names as `spelled`."""
    # On a path that is searched earlier, a package hides others of its name.
    found = [one.metadata for one in importlib.metadata.distributions()]  # a file that is parsed at each look
    return {spelled(one["Name"]): one["Version"] for one in reversed(found) if one["Name"]}


def spelled(name: str) -> str:
    """Return a package's name in the one spelling that PyPI takes for all others."""
    return re.sub(r"[-_.]+", "-", name).lower()


def python_version() -> str:
    """Return the version of this Python."""
    return platform.python_version()


def free_memory() -> int | None:
    """Return the bytes of memory that programs can still have; None where the system does not say."""
    try:
        # Linux gives back the memory that caches files; the number of free pages leaves that out.
        with open("/proc/meminfo", encoding="ascii") as lines:
            kilobytes = next(line.split()[1] for line in lines if line.startswith("MemAvailable:"))
        return int(kilobytes) * 1024
    except (OSError, ValueError, StopIteration):
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None


def report(_number: int) -> str:
    """Report on the executor that this task runs on, in JSON: a UDF that needs neither pandas nor pyarrow."""
    time.sleep(LINGER_SECONDS)
    return json.dumps(
        {
            "executor": executor_id(),
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "python": python_version(),
            "packages": package_versions(),
            "free_memory": free_memory(),
            "folder": os.getcwd(),
        }
    )


@dataclass(frozen=True)
class ExecutorReport:
    """What one executor answered.

    Attributes
    ----------
    executor, host, pid
        Spark's id, the machine, and the Python worker process that answered.
    python
        Version of its Python.
    packages
        Versions of all its packages, by name.
    free_memory
        Bytes that its machine has left, or None where that is not known.
    folder
        Its working directory.
    seconds
        How long the round trip took.
    cores
        How many Python workers it runs at once.
    """

    executor: str
    host: str
    pid: int
    python: str
    packages: dict[str, str]
    free_memory: int | None
    folder: str
    seconds: float
    cores: int = 1

    def version(self, package: str) -> str | None:
        """Return the version of a package, or of its equivalent; None without both."""
        return self.packages.get(package) or self.packages.get(STANDS_FOR.get(package, ""))

    def summary(self) -> str:
        """Return the report as one line."""
        packages = ", ".join(f"{name} {self.version(name) or 'missing'}" for name in NEEDED_PACKAGES)
        memory = "" if self.free_memory is None else f", {self.free_memory / 1024**3:.1f} GB free"
        return (
            f"executor {self.executor} on {self.host}: Python {self.python}, {packages}{memory}, "
            f"round trip {self.seconds:.1f} s"
        )
