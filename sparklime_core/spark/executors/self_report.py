"""An executor's report on itself. It imports the standard library alone: the executor may lack packages."""

import importlib.metadata
import json
import os
import platform
import socket
import time
from collections.abc import Iterable

from sparklime_core.spark.executors.identity import executor_id

NEEDED = ("numpy", "scipy", "scikit-learn", "lime", "dill", "pyarrow", "pandas", "numba")
LIBRARIES = {"xgboost": ("xgboost", "xgboost-cpu"), "lightgbm": ("lightgbm",), "catboost": ("catboost",)}
"""Packages that only some models need, by the names that are imported, and what each may be installed as."""

LINGER_SECONDS = 0.2
"""How long a report takes, so that Spark gives the next one to another executor."""


def package_versions() -> dict[str, str | None]:
    """Return the versions of the packages that explaining needs; None for one that is not there."""
    return {name: _version(name) for name in NEEDED}


def library_versions() -> dict[str, str | None]:
    """Return the versions of `LIBRARIES`; None for one that is not there."""
    found = {name: [_version(one) for one in installed] for name, installed in LIBRARIES.items()}
    return {name: next(filter(None, versions), None) for name, versions in found.items()}


def distributions(libraries: Iterable[str]) -> list[str]:
    """Return what libraries are installed as here, or would be."""
    return [next(filter(_version, LIBRARIES[name]), LIBRARIES[name][0]) for name in libraries]


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


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
            "libraries": library_versions(),
            "free_memory": free_memory(),
            "folder": os.getcwd(),
        }
    )
