"""The one Spark connection of a process, and the local cluster that it may stand on."""

import os
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from pyspark.sql import SparkSession

from sparklime_core.errors import SparkError, SparkLimeError
from sparklime_core.spark.cluster.local_cluster import LocalCluster
from sparklime_core.spark.executors.preflight import check_executors, differences
from sparklime_core.spark.executors.prewarm import prewarm_soon
from sparklime_core.spark.executors.self_report import ExecutorReport
from sparklime_core.spark.session.backend import ExecutorInfo
from sparklime_core.spark.session.choose_backend import backend_of
from sparklime_core.spark.session.connect import application, connect, disconnect, present
from sparklime_core.spark.session.master import Master, is_embedded, parse_master

EMBEDDED = "local[*]"
LOOPBACK = ("127.0.0.1", "localhost")
THREADS_A_CORE = 4


@dataclass(frozen=True)
class SparkStatus:
    """What the connection is at this moment.

    Attributes
    ----------
    master
        The master that is chosen; it is connected to when a job needs it.
    connected
        Whether there is a session.
    busy
        Whether a job uses it.
    executors, links
        Of the session; empty when there is none.
    cluster
        The local cluster that runs, or None.
    """

    master: str
    connected: bool
    busy: bool
    executors: tuple[ExecutorInfo, ...] = ()
    links: dict[str, str] = field(default_factory=dict)
    cluster: LocalCluster | None = None


class SparkService:
    """Holds the chosen master, its session, and the local cluster. Safe to use from several threads."""

    def __init__(self, master: str = EMBEDDED) -> None:
        self._lock = threading.RLock()
        self._master = master
        self._cluster: LocalCluster | None = None
        self._users = 0
        self._needs: tuple[int, tuple[str, ...]] = 0, ()  # of the last check

    def status(self) -> SparkStatus:
        """Return the connection's status; never waits for Spark to start."""
        session, cluster = self._session(), self._cluster
        executors: tuple[ExecutorInfo, ...] = ()
        links: dict[str, str] = {}
        if session is not None:
            try:
                executors, links = tuple(backend_of(session).executors()), application(session).links
            except SparkError:
                session = None
        alive = cluster if cluster is not None and cluster.alive() else None
        return SparkStatus(self._master, session is not None, self._users > 0, executors, links, alive)

    def choose(self, master: str) -> None:
        """Choose the master for the next job; a session on another one ends.

        Raises
        ------
        SparkError
            When a job is using the present one, or the operator has not allowed this one, or it is no master.
        """
        wanted = check_allowed(master).text
        with self._lock:
            if wanted == self._master:
                return
            self._refuse_when_busy("change the master")
            self._drop_session()
            self._master = wanted

    def acquire(self) -> SparkSession:
        """Return a session on the chosen master; `release` it after use.

        It connects where there is no session yet, it has died, or its master was restarted.
        """
        with self._lock:
            session = self._session()
            if session is None or not self._users or backend_of(session).has_ended():
                session = connect(self._master, send_token=self._master in allowed_masters())
                prewarm_soon(backend_of(session))
            self._users += 1
            return session

    def release(self) -> None:
        """Give the session back after a job; one that has died is dropped, and the next job reconnects."""
        with self._lock:
            self._users -= 1
            session = self._session()
            if session is not None and backend_of(session).has_ended():
                self._drop_session()

    def log(self) -> str | None:
        """Return the file that the session's driver prints to; None when there is no session of ours."""
        connection = present()
        return None if connection is None or connection.log is None else str(connection.log)

    def connect(self) -> None:
        """Connect now, so that the first job need not wait."""
        self.acquire()
        self.release()

    def connect_soon(self) -> None:
        """Begin to connect in a thread of its own; where that fails, the job that needs it says why."""

        def quietly() -> None:
            try:
                self.connect()
            except SparkLimeError:  # of Spark, or of the home that its logs are in
                return

        threading.Thread(target=quietly, name="sparklime-connect", daemon=True).start()

    def connect_and_check(self) -> None:
        """Connect now; the executors of a cluster report on themselves, and `checked` has the reports.

        Raises
        ------
        SparkError
            When there is no session to be had, or an executor does not answer.
        """
        self.connect()
        if not is_embedded(self._master):
            self.check()

    @property
    def checked(self) -> tuple[list[ExecutorReport], list[str]] | None:
        """What the last check of this session has found; None when there was none."""
        session = self._session()
        reports = None if session is None else backend_of(session).record.reports
        return None if reports is None else (reports, differences(reports, *self._needs))

    def check(
        self, payload_bytes: int = 0, packages: Sequence[str] = ()
    ) -> tuple[list[ExecutorReport], list[str]]:
        """Ask every executor about itself; return what they answer, and in sentences what is wrong.

        Parameters
        ----------
        payload_bytes
            Size of what is to be broadcast, where it is known.
        packages
            What the model needs besides, where it is known.

        Raises
        ------
        SparkError
            When there is no session to be had, or an executor does not answer.
        """
        spark = self.acquire()
        try:
            reports = check_executors(spark)
        finally:
            self.release()
        self._needs = payload_bytes, tuple(packages)
        return reports, differences(reports, *self._needs)

    def disconnect(self) -> None:
        """End the session."""
        with self._lock:
            self._refuse_when_busy("disconnect")
            self._drop_session()

    def start_cluster(self, workers: int, cores: int, memory: str) -> LocalCluster:
        """Start a standalone cluster on this machine and choose it as the master.

        Raises
        ------
        SparkError
            When it would have more cores than `most_threads`, a job is running, or it does not start.
        """
        _check_cores(workers * cores)
        with self._lock:
            self._refuse_when_busy("start a cluster")
            self.stop_cluster()
            self._cluster = LocalCluster.start(workers=workers, cores=cores, memory=memory)
            self._drop_session()
            self._master = self._cluster.url
            return self._cluster

    def stop_cluster(self) -> None:
        """Stop the local cluster; the embedded master is chosen where the cluster was."""
        with self._lock:
            if self._cluster is None:
                return
            if self._master == self._cluster.url:
                self._refuse_when_busy("stop the cluster")
                self._drop_session()
                self._master = EMBEDDED
            self._cluster.stop()
            self._cluster = None

    def close(self) -> None:
        """End everything that this process started."""
        with self._lock:
            self._users = 0
            self.stop_cluster()
            self._drop_session()

    def _drop_session(self) -> None:
        if self._session() is not None:
            disconnect()

    def _session(self) -> SparkSession | None:
        """Return the session of this process, where it is on the chosen master."""
        connection = present()
        return connection.spark if connection is not None and connection.master.text == self._master else None

    def _refuse_when_busy(self, action: str) -> None:
        if self._users:
            raise SparkError(f"A run is using {self._master}; wait for it to end or cancel it, then {action}.")


def check_allowed(text: str) -> Master:
    """Refuse a master that a person on the page may not use; return it as it was parsed.

    Embedded ones with at most `most_threads` threads are allowed, and those of which every address is on this
    machine; others must stand in ``SPARKLIME_MASTERS`` (comma-separated), which the operator sets.

    Raises
    ------
    SparkError
        When it is not allowed, or is no master.
    """
    master = parse_master(text)
    if master.is_local:
        _check_cores(master.threads)
    elif master.text not in allowed_masters() and not _is_on_this_machine(master):
        raise SparkError(
            f"The master {master.text!r} is not one of those that the operator of this server has allowed; "
            "ask for it to be added to SPARKLIME_MASTERS."
        )
    return master


def _is_on_this_machine(master: Master) -> bool:
    """Return whether all that a master is known to be is here; of what YARN or Kubernetes is, only Spark knows."""
    return not master.is_managed and all(host in LOOPBACK for host, _ in master.addresses)


def _check_cores(cores: int) -> None:
    """Refuse more tasks at once on this machine than it has room for: each has a Python process."""
    if cores > most_threads():
        raise SparkError(
            f"Spark on this machine can run {most_threads()} tasks at once, four for each of its processor cores, "
            f"not {cores:,}; choose fewer threads, or fewer workers and cores."
        )


def most_threads() -> int:
    """Return how many tasks at once a person on the page may have Spark run on this machine."""
    return THREADS_A_CORE * (os.cpu_count() or 1)


def allowed_masters() -> tuple[str, ...]:
    """Return the further masters that the operator has allowed; one of them may have several addresses."""
    named = re.split(r",\s*(?=\w+://|yarn\s*(?:,|$))", os.environ.get("SPARKLIME_MASTERS", ""), flags=re.ASCII)
    return tuple(url for url in (part.strip(" ,") for part in named) if url)
