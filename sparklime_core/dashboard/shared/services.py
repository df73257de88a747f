"""What a server has once, for all sessions: the run store, and, when first needed, Spark and the jobs.

Spark's driver side, scikit-learn and lime take seconds to import; the first page must not wait for them.
"""

import atexit
import gc
import math
import subprocess
import sys
import threading
import time
import uuid
from collections import OrderedDict
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import TYPE_CHECKING, Any

import streamlit as st

import sparklime_core.dashboard
from sparklime_core.errors import SparkLimeError
from sparklime_core.runs.store import RunStore
from sparklime_core.runs.workspace_store import WorkspaceStore

if TYPE_CHECKING:
    from sparklime_core.jobs.manager import JobManager, QueueEntry
    from sparklime_core.jobs.runner import Progress
    from sparklime_core.jobs.spark_connection import SparkService

ROOT = Path(sparklime_core.__file__).parents[1]
"""Where Python finds this package, wherever the server was started."""

KEPT_WORK = 50
"""How many races and studies a server remembers."""

LET_DRAW_SECONDS = 1.5
"""How long the warm-up lets the first page be drawn alone: importing keeps Python's lock."""

NEEDED = (
    "altair",
    "duckdb",
    "lime.lime_tabular",
    "skops.io",
    "sklearn.datasets",
    "sparklime_core.jobs.manager",
    "sparklime_core.models.train_forest",
)
"""Modules that take long to import, and that the next click needs, besides those of the pages."""


class Services:
    """The run store, and the lazily started job manager with its Spark service."""

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self.workspaces = WorkspaceStore(store.root.parent / "workspaces")
        self._manager: JobManager | None = None
        self._kept: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def manager(self) -> "JobManager":
        """The job manager; its first use imports Spark's driver side, but starts no JVM."""
        with self._lock:
            if self._manager is None:
                from sparklime_core.jobs.manager import JobManager  # noqa: PLC0415
                from sparklime_core.jobs.spark_connection import SparkService  # noqa: PLC0415

                service = SparkService()
                atexit.register(service.close)
                self._manager = JobManager(self.store, service)
            return self._manager

    @property
    def spark(self) -> "SparkService":
        """The one Spark connection."""
        return self.manager.service

    @property
    def started(self) -> bool:
        """Whether the job manager was used yet; before that nothing runs and nothing is connected."""
        return self._manager is not None

    def keep(self, work: Any) -> str:
        """Keep some work that is no run, for as long as it is among the last; return its id."""
        chosen = uuid.uuid4().hex[:12]
        with self._lock:
            self._kept[chosen] = work
            while len(self._kept) > KEPT_WORK:
                self._kept.popitem(last=False)
        return chosen

    def kept(self, chosen: str) -> Any | None:
        """Return work that was kept, or None when there is none of this id any more."""
        with self._lock:
            return self._kept.get(chosen)

    def progress(self, run_id: str) -> "Progress | None":
        """Return how far a run is, or None when this server does not work on it."""
        return self._manager.progress(run_id) if self._manager else None

    def queue(self) -> "list[QueueEntry]":
        """Return the runs that run, then those that wait in the order of their turns."""
        return self._manager.queue() if self._manager else []

    def race_runs(self) -> bool:
        """Return whether a race has Spark to itself."""
        return self._manager is not None and self._manager.errand_runs()

    def pace(self) -> int:
        """Return how many times as long a page waits between two looks at the work as it does for one or two runs.

        One process draws all sessions' pages; ten that are redrawn every second would leave no time for a click.
        The answers are powers of two, so that they seldom change.
        """
        return 1 << max(round(math.log2(max(len(self.active()), 1) / 2)), 0)

    def active(self) -> list[str]:
        """Return the ids of the runs that wait or run."""
        return self._manager.active() if self._manager else []


@st.cache_resource(show_spinner=False)
def services() -> Services:
    """Return the server's services, the same for every session."""
    found = Services(RunStore.default())
    with suppress(SparkLimeError, OSError):  # said to whoever brings a table
        found.workspaces.tidy()
    return found


@cache
def warm_up() -> None:
    """Import and compile in the background what the next click will need; once a process."""
    threading.Thread(target=_import_all, name="sparklime-warm-up", daemon=True).start()


def _import_all() -> None:
    time.sleep(LET_DRAW_SECONDS)
    own = walk_packages(sparklime_core.dashboard.__path__, "sparklime_core.dashboard.")
    for name in (*NEEDED, *(module.name for module in own)):
        import_module(name)
    # Streamlit collects garbage after each run of a page or fragment; while it looks at all that modules are made
    # of, no other session's script can run.
    gc.freeze()
    # In a process of its own, for compiling keeps Python's lock; a second or two where it is compiled already.
    subprocess.run([sys.executable, "-m", "sparklime_core.explain.precompile"], check=False, cwd=ROOT)
