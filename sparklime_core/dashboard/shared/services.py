"""`Server`: its stores, and, when first needed, Spark and the jobs; and `Services`: a person's view of it.

Pages get `services()`, the view of the person whose session it is. Nothing else leads to the stores and the jobs.

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
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import TYPE_CHECKING, Any

import sparklime_core.dashboard
from sparklime_core.dashboard.shared.sign_in import is_configured, visitor
from sparklime_core.errors import RunError, SparkLimeError
from sparklime_core.limited.process import import_ahead
from sparklime_core.runs.access import Person
from sparklime_core.runs.store import RunStore
from sparklime_core.runs.workspace_store import WorkspaceStore

if TYPE_CHECKING:
    from sparklime_core.jobs.manager import JobManager, PersonalJobs, QueueEntry
    from sparklime_core.jobs.runner import Progress
    from sparklime_core.jobs.spark_connection import SparkService

ROOT = Path(sparklime_core.__file__).parents[1]
"""Where Python finds this package, wherever the server was started."""

KEPT_STUDIES = 50
"""How many races and studies a server remembers."""

FOR_PAGES = ("altair", "duckdb", "sparklime_core.dashboard.rows.page")
"""Modules that the first page may need; a new server imports them while the browser still loads its own.

A package stands here before its submodules: two threads that import these in another order find it half-made.
"""

LET_DRAW_SECONDS = 1.5
"""How long a new server waits before it imports what takes seconds: the browser needs the cores, to draw what it
has, and the server, for the files that it draws with."""

NEEDED = (
    "lime.lime_tabular",
    "skops.io",
    "sklearn.datasets",
    "sparklime_core.jobs.manager",
    "sparklime_core.models.train",
)
"""Modules that take long to import, and that the next click needs, besides those of the pages."""


class Server:
    """The run store, and the lazily started job manager with its Spark service.

    Parameters
    ----------
    store
        The runs of everybody.
    needs_sign_in
        Whether people sign in. It is asked once: a server that has lost its settings does not open its doors.
    """

    def __init__(self, store: RunStore, *, needs_sign_in: bool = False) -> None:
        self.store = store
        self.needs_sign_in = needs_sign_in
        self.workspaces = WorkspaceStore(store.root.parent / "workspaces")
        self._service: SparkService | None = None
        self._manager: JobManager | None = None
        self.studies: OrderedDict[str, tuple[Person, Any]] = OrderedDict()
        self.lock = threading.RLock()

    @property
    def service(self) -> "SparkService":
        """The Spark connection; its first use imports Spark's driver side, but starts no JVM."""
        with self.lock:
            if self._service is None:
                from sparklime_core.jobs.spark_connection import SparkService  # noqa: PLC0415

                self._service = SparkService()
                atexit.register(self._service.close)
            return self._service

    @property
    def manager(self) -> "JobManager":
        """The job manager; its first use imports lime, which the start of Spark need not wait for."""
        with self.lock:
            if self._manager is None:
                from sparklime_core.jobs.manager import JobManager  # noqa: PLC0415

                self._manager = JobManager(self.store, self.service)
            return self._manager

    @property
    def started(self) -> bool:
        """Whether the Spark connection was used yet; before that nothing runs and nothing is connected."""
        return self._service is not None

    @property
    def has_jobs(self) -> bool:
        """Whether the job manager was used yet; before that nothing runs."""
        return self._manager is not None

    def active(self) -> int:
        """Return how many runs wait or run."""
        return len(self._manager.active()) if self._manager else 0


class Services:
    """A server as one person may see and change it.

    Parameters
    ----------
    server, person
        The server, and whose view it is.
    """

    def __init__(self, server: Server, person: Person) -> None:
        self._server = server
        self.person = person
        self.store = server.store.of(person)
        self.workspaces = server.workspaces.of(person)

    @property
    def jobs(self) -> "PersonalJobs":
        """The jobs; their first use imports lime and Spark's driver side, but starts no JVM."""
        from sparklime_core.jobs.manager import PersonalJobs  # noqa: PLC0415

        return PersonalJobs(self._server.manager, self.person)

    @property
    def spark(self) -> "SparkService":
        """The one Spark connection."""
        return self._server.service

    @property
    def started(self) -> bool:
        """Whether the Spark connection was used yet; before that nothing runs and nothing is connected."""
        return self._server.started

    def keep_study(self, study: Any) -> str:
        """Keep a race or a tuning study for as long as it is among the last; return its id."""
        chosen, studies = uuid.uuid4().hex, self._server.studies
        with self._server.lock:
            studies[chosen] = (self.person, study)
            while len(studies) > KEPT_STUDIES:
                studies.popitem(last=False)
        return chosen

    def kept_study(self, chosen: str) -> Any | None:
        """Return a kept study; None if the server has forgotten it, or it is another person's."""
        with self._server.lock:
            owner, study = self._server.studies.get(chosen, (self.person, None))
        is_open = not self.person.is_signed_in or self.person.is_operator or owner.id == self.person.id
        return study if is_open else None

    def may_change(self, run_id: str) -> bool:
        """Return whether the person may change a run; pages offer nothing that the store would refuse."""
        try:
            self.store.open_own(run_id)
        except RunError:
            return False
        return True

    def may_see_logs(self) -> bool:
        """Return whether the person may read Spark's logs, which hold rows of everybody's runs."""
        return not self.person.is_signed_in or self.person.is_operator

    def progress(self, run_id: str) -> "Progress | None":
        """Return how far a run is, or None when this server does not work on it."""
        return self.jobs.progress(run_id) if self._server.has_jobs else None

    def queue(self) -> "list[QueueEntry]":
        """Return the runs that run, then those that wait in the order of their turns."""
        return self.jobs.queue() if self._server.has_jobs else []

    def race_runs(self) -> bool:
        """Return whether a race has Spark to itself."""
        return self._server.has_jobs and self._server.manager.exclusive_runs()

    def poll_factor(self) -> int:
        """Return the factor by which a page polls less often: 1 for up to two runs, 2, 4 … for more.

        One process draws all sessions' pages; ten that are redrawn every second would leave no time for a click.
        The answers are powers of two, so that they seldom change.
        """
        return 1 << max(round(math.log2(max(self.active(), 1) / 2)), 0)

    def active(self) -> int:
        """Return how many runs of all people wait or run."""
        return self._server.active()


_making = threading.Lock()


def _server() -> Server:
    """Return the server, the same for every session."""
    with _making:
        return _made_once()


@cache
def _made_once() -> Server:
    # Not by Streamlit's cache: anybody who is connected, signed in or not, can clear that one.
    found = Server(RunStore.default(), needs_sign_in=is_configured())
    with suppress(SparkLimeError, OSError):  # the page that saves a table shows it
        found.workspaces.tidy()
    return found


def needs_sign_in() -> bool:
    """Return whether people sign in.

    Raises
    ------
    SparkLimeError
        When the operator wants it, and it cannot be done: then nobody is let in.
    """
    return _server().needs_sign_in


def services() -> Services:
    """Return the server as the person of this session may see and change it.

    Raises
    ------
    SignInError
        When people sign in, and nobody has in this session.
    """
    server = _server()
    return Services(server, visitor(must_sign_in=server.needs_sign_in))


@asynccontextmanager
async def imports_begun(_app: object) -> AsyncIterator[None]:
    """Begin to import what the first page may need, for as long as a server serves."""
    threading.Thread(target=_import, args=(FOR_PAGES,), name="sparklime-imports", daemon=True).start()
    yield


def _import(names: Iterable[str]) -> None:
    for name in names:
        import_module(name)


@cache
def warm_up() -> None:
    """Import and compile in the background what the next click will need; once a process."""
    threading.Thread(target=_import_all, name="sparklime-warm-up", daemon=True).start()


@cache
def let_draw() -> None:
    """Let the browser draw what a page has shown, if opening a model is still to import much; once a process."""
    if "sklearn" not in sys.modules:
        time.sleep(LET_DRAW_SECONDS)


def _import_all() -> None:
    time.sleep(LET_DRAW_SECONDS)
    own = walk_packages(sparklime_core.dashboard.__path__, "sparklime_core.dashboard.")
    _import((*NEEDED, *(module.name for module in own)))
    import_ahead("sparklime_core.data.read_limited")  # for the first table that somebody uploads
    are_compiled = import_module("sparklime_core.explain.precompile").is_compiled()
    # Streamlit collects garbage after each run of a page or fragment; while it looks at all that modules are made
    # of, no other session's script can run.
    gc.freeze()
    if not are_compiled:
        # In a process of its own, for compiling keeps Python's lock.
        subprocess.run([sys.executable, "-m", "sparklime_core.explain.precompile"], check=False, cwd=ROOT)
