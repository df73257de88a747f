"""`LocalCluster`: a real standalone master with its workers, on this machine only; and its record on the disk."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import sparklime_core
from sparklime_core.arguments import whole_number
from sparklime_core.atomic_files import PRIVATE, disk_errors_explained, remove_folder, write_file
from sparklime_core.errors import ClusterError
from sparklime_core.paths import logs_folder, newest_folders, private_folder
from sparklime_core.process_identity import is_running
from sparklime_core.spark.session.java import java_home
from sparklime_core.waiting import after, wait_for

RECORD_FILE = "cluster.json"
KEPT_FOLDERS = 10
MOST_WORKERS = 64
LEAST_MEMORY = 512
START_SECONDS = 255.0
STOP_SECONDS = 12.0
MEMORY_UNITS = {"m": 1, "g": 1024}


@dataclass(frozen=True)
class ClusterRecord:
    """A running local cluster.

    Attributes
    ----------
    url, web_url, worker_web_urls
        Addresses of the master and of the web pages.
    secret
        What an application needs to be let in.
    supervisor, master, workers
        Process ids.
    connect_url, connect_web_url
        Where a server of Spark Connect on the cluster listens, and the page of its application; None without one.
    python_path
        What the executors' Python has on its path, separated as in ``PYTHONPATH``; empty in earlier records.
    supervisor_start, master_start
        Starts of these processes, which identify them; see `process_start`. None in earlier records.
    """

    url: str
    web_url: str
    worker_web_urls: tuple[str, ...]
    secret: str = field(repr=False)
    supervisor: int
    master: int
    workers: tuple[int, ...]
    connect_url: str | None = None
    connect_web_url: str | None = None
    supervisor_start: str | None = None
    master_start: str | None = None
    python_path: str = ""

    def has_supervisor(self) -> bool:
        """Return whether the process that the cluster lives in still runs."""
        return is_running(self.supervisor, self.supervisor_start)

    def has_master(self) -> bool:
        """Return whether the master still runs."""
        return is_running(self.master, self.master_start)

    def write(self, folder: Path) -> None:
        """Write the note, readable by this user only: it holds the secret."""
        write_file(folder / RECORD_FILE, json.dumps(asdict(self)), PRIVATE)

    @classmethod
    def read(cls, folder: Path) -> "ClusterRecord":
        """Read a note.

        Raises
        ------
        OSError, ValueError, TypeError
            When there is no note, or it is not whole.
        """
        fields = json.loads((folder / RECORD_FILE).read_text())
        return cls(
            **{
                **fields,
                "worker_web_urls": tuple(fields["worker_web_urls"]),
                "workers": tuple(fields["workers"]),
            }
        )


def clusters_folder() -> Path:
    """Return the folder that has a folder for each local cluster."""
    return logs_folder() / "clusters"


def find_cluster(url: str) -> ClusterRecord | None:
    """Return the running local cluster of a master's or a server's URL, started by any process of this user."""
    for folder in newest_folders(clusters_folder(), "*"):
        try:
            known = ClusterRecord.read(folder)
        except (OSError, ValueError, TypeError, KeyError):
            continue
        if url in (known.url, known.connect_url) and known.has_supervisor():
            return known
    return None


@dataclass(frozen=True)
class LocalCluster:
    """A standalone cluster that `start` has started; it ends with the process that started it.

    Attributes
    ----------
    url
        What to connect to, ``spark://127.0.0.1:port``.
    web_url, worker_web_urls
        Web pages of the master and of the workers.
    logs
        Folder of ``master.log``, ``worker-N.log`` and ``work/APPLICATION/EXECUTOR/stderr``.
    known
        Process ids, and the secret with which applications are let in.
    connect_url
        ``sc://127.0.0.1:port`` of a server of Spark Connect that has the cluster for itself; None without one.
    """

    url: str
    web_url: str
    worker_web_urls: tuple[str, ...]
    logs: Path
    known: ClusterRecord
    _supervisor: "subprocess.Popen[bytes]"
    connect_url: str | None = None

    @classmethod
    def start(
        cls, workers: int = 2, cores: int = 1, memory: str = "1g", *, connect: bool = False
    ) -> "LocalCluster":
        """Start a master and its workers, each a process of its own; return when all have registered.

        Parameters
        ----------
        workers
            How many workers.
        cores, memory
            Of each worker; memory like ``1g`` or ``2048m``.
        connect
            Whether to start a server of Spark Connect on it, too, which takes all of its cores.

        Raises
        ------
        SparkError
            When a number is out of range, there is no Java, or a process does not start.
        """
        workers = whole_number("The number of workers", workers, 1, MOST_WORKERS, ClusterError)
        cores = whole_number("The number of cores", cores, 1, 1024, ClusterError)
        megabytes = memory_megabytes(memory)
        java_home()
        folder = _new_folder()
        # The supervisor must find this package from the folder that it is started in.
        package = str(Path(sparklime_core.__file__).parents[1])
        path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
        command = [sys.executable, "-m", "sparklime_core.spark.cluster.supervisor"]
        with (folder / "supervisor.log").open("ab") as output:
            supervisor = subprocess.Popen(
                [*command, str(folder), str(workers), str(cores), f"{megabytes}m", *(["connect"] * connect)],
                env={**os.environ, "PYTHONPATH": path},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            known = _await_record(supervisor, folder)
        except BaseException:
            _end(supervisor)
            raise
        return cls(known.url, known.web_url, known.worker_web_urls, folder, known, supervisor, known.connect_url)

    def alive(self) -> bool:
        """Tell whether the cluster runs."""
        return self._supervisor.poll() is None and self.known.has_master()

    def stop(self) -> None:
        """End the master, the workers, and the executors that they have started. The logs stay."""
        _end(self._supervisor)

    def __enter__(self) -> "LocalCluster":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def memory_megabytes(text: str) -> int:
    """Return the megabytes that a text like ``1g`` or ``2048m`` means.

    Raises
    ------
    ClusterError
        When it means no memory, or too little for an executor.
    """
    found = re.fullmatch(r"(\d{1,7})([mg])b?", str(text).strip().lower())
    if found is None:
        raise ClusterError(f"The memory of a worker must be like 1g or 2048m, not {text!r}.")
    megabytes = int(found[1]) * MEMORY_UNITS[found[2]]
    if megabytes < LEAST_MEMORY:
        raise ClusterError(f"A worker needs at least {LEAST_MEMORY}m of memory, not {text}.")
    return megabytes


def _new_folder() -> Path:
    parent = clusters_folder()
    with disk_errors_explained(parent):
        private_folder(parent)
        for old in newest_folders(parent, "*")[KEPT_FOLDERS - 1 :]:
            if not _in_use(old):
                remove_folder(old)
        return private_folder(parent / f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}-{os.getpid()}")


def _in_use(folder: Path) -> bool:
    record = _record_in(folder)
    return record is not None and record.has_supervisor()


def _await_record(supervisor: "subprocess.Popen[bytes]", folder: Path) -> ClusterRecord:
    """Wait for the supervisor to write down where the cluster is."""
    late = after(START_SECONDS)
    record = wait_for(lambda: _record_in(folder), lambda: supervisor.poll() is not None or late())
    if record is not None:
        return record
    lines = (folder / "supervisor.log").read_text(errors="replace").strip().splitlines()
    reason = lines[-1] if supervisor.poll() is not None and lines else "It did not answer in time."
    raise ClusterError(f"The local cluster did not start: {reason} Its logs are in {folder}.")


def _record_in(folder: Path) -> ClusterRecord | None:
    try:
        return ClusterRecord.read(folder)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _end(supervisor: "subprocess.Popen[bytes]") -> None:
    """Let the supervisor end everything; what is left of its process group after that is killed."""
    if supervisor.stdin is not None:
        with contextlib.suppress(OSError):
            supervisor.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        supervisor.wait(STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(supervisor.pid, signal.SIGKILL)
    supervisor.wait()
