"""Local clusters that run on this machine now, as their supervisors wrote them down."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sparklime_core.atomic_files import PRIVATE, write_file
from sparklime_core.paths import logs_folder, newest_folders
from sparklime_core.process_identity import is_running

RECORD_FILE = "cluster.json"


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
