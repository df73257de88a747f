"""An executor's report on itself. It imports the standard library alone: the executor may lack packages."""

import importlib.metadata
import json
import os
import platform
import re
import socket
import time

from sparklime_core.spark.executors.identity import executor_id

NEEDED = ("numpy", "scipy", "scikit-learn", "lime", "dill", "pyarrow", "pandas", "numba")
SAME = {"xgboost": "xgboost-cpu", "xgboost-cpu": "xgboost"}
"""Packages that another one stands for."""

LINGER_SECONDS = 0.2
"""How long a report takes, so that Spark gives the next one to another executor."""


def package_versions() -> dict[str, str]:
    """Return the versions of all installed packages, by their names as `spelled`."""
    # On a path that is searched earlier, a package hides others of its name.
    found = [(one.metadata["Name"], one.version) for one in importlib.metadata.distributions()]
    return {spelled(name): version for name, version in reversed(found) if name}


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
