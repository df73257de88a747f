"""What an executor says of itself. Imports nothing but the standard library: packages may be what it lacks."""

import importlib.metadata
import json
import os
import platform
import socket
import time

from sparklime_core.spark.executors.identity import executor_id

NEEDED = ("numpy", "scipy", "scikit-learn", "lime", "dill", "pyarrow", "pandas", "numba")
LINGER_SECONDS = 0.2
"""How long a report takes, so that Spark gives the next one to another executor."""


def package_versions() -> dict[str, str | None]:
    """Return the versions of the packages that explaining needs; None for one that is not there."""
    found: dict[str, str | None] = {}
    for name in NEEDED:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


def python_version() -> str:
    """Return the version of this Python."""
    return platform.python_version()


def free_memory() -> int | None:
    """Return the bytes of memory that programs can still have, or None where the system does not tell."""
    try:
        # What the system keeps of files it gives back; the number of free pages leaves that out.
        with open("/proc/meminfo", encoding="ascii") as told:
            kilobytes = next(line.split()[1] for line in told if line.startswith("MemAvailable:"))
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
