"""Spark's daemon of Python workers, which imports what explaining needs before it forks the first worker.

Workers of Spark's own daemon import it each for themselves, which takes a core some seconds, and again after Spark
has ended those that had nothing to do for a minute. Spark runs this file as ``python -m sparklime_worker_daemon``.
"""

import contextlib
import gc
import os
import sys
import traceback
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
from pyspark import daemon

SPARKS_OWN = "pyspark.daemon"
NO_THREADS = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}
"""Variables without which a library starts a thread when it is imported: pyarrow's jemalloc."""

HOME = str(Path(__file__).parents[3])
"""The folder of this package: the driver's own, whatever else is installed under its name."""


def main() -> None:
    """Import, then wait for Spark to ask for workers."""
    for name, value in NO_THREADS.items():
        os.environ.setdefault(name, value)
    with printing_to_stderr():
        try:
            import_needed()
        except Exception:  # noqa: BLE001 - a worker that needs what is missing names it
            traceback.print_exc()
    if has_threads():
        # A fork copies the locks of all threads, and none of the threads that would open them.
        os.execv(sys.executable, [sys.executable, "-m", SPARKS_OWN, *sys.argv[1:]])  # noqa: S606
    gc.freeze()  # workers share it, and collect garbage after each task
    os.register_at_fork(after_in_child=np.random.seed)  # as Python does for its own random numbers
    daemon.manager()


@contextlib.contextmanager
def printing_to_stderr() -> Iterator[None]:
    """Send to standard error what anything prints, libraries in C too: Spark reads a port from standard output."""
    output = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(output, 1)
        os.close(output)


def import_needed() -> None:
    """Import what a worker needs for a task, and load what numba has compiled."""
    sys.path.insert(0, HOME)
    try:
        needed = import_module("sparklime_core.spark.executors.prewarm").NEEDED_MODULES
    finally:
        sys.path.remove(HOME)  # what else is in that folder is not for workers
    for name in ("pyspark.worker", *needed):
        import_module(name)
    import_module("sparklime_core.explain.precompile").compile_ahead()


def has_threads() -> bool:
    """Return whether this process has more than one thread, or cannot tell."""
    try:
        return len(os.listdir("/proc/self/task")) > 1
    except OSError:
        return True


if __name__ == "__main__":
    main()
