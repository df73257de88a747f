"""Spark Connect: a server elsewhere, reached through gRPC; there is no context, no broadcast and no RDD."""

import socket
import tempfile
import threading
from pathlib import Path

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql import functions as sf
from pyspark.sql.pandas.types import from_arrow_schema

from sparklime_core.spark.executors.prewarm import ship_package
from sparklime_core.spark.executors.probe import ask_executors
from sparklime_core.spark.executors.self_report import EMBEDDED
from sparklime_core.spark.session.backend import (
    DEFAULT_MEMORY,
    ExecutorInfo,
    MapBatches,
    SentBytes,
    SessionFile,
    SessionRecord,
    record_of,
)
from sparklime_core.spark.session.failures import SessionEndedError
from sparklime_core.spark.versions import from_arrow, to_arrow

COUNTED_ROWS = 1_000_000
"""Many more than a cluster has cores, so that Spark fills as many partitions as it would run tasks at once."""

PROBE_SECONDS = 1.0


class ConnectBackend:
    """A session of Spark Connect.

    The server does not list its executors. A short job asks them, and their answers are kept.

    Parameters
    ----------
    spark
        The session.
    """

    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark
        self._lock = threading.RLock()
        self._sent: set[str] = set()
        self._cores: int | None = None
        self._executors: list[ExecutorInfo] = []
        self._application: str | None = None

    @classmethod
    def of(cls, spark: SparkSession) -> "ConnectBackend":
        """Return the one backend of a session."""
        # Kept by the session itself: it goes when the session goes.
        backend: ConnectBackend = vars(spark).setdefault("_sparklime_backend", cls(spark))
        return backend

    @property
    def record(self) -> SessionRecord:
        """The session's."""
        return record_of(self._spark)

    @property
    def master(self) -> str:
        """The server's address."""
        return f"sc://{self._endpoint()}"

    def parallelism(self) -> int:
        """Return how many partitions Spark makes of a range: one for each core unless it is set otherwise."""
        with self._lock:
            if self._cores is None:
                self._cores = self._count_partitions()
            return self._cores

    def add_package(self, path: Path) -> None:
        """Add a zip to the path of the session's Python workers."""
        self._spark.addArtifacts(str(path), pyfile=True)

    def send_bytes(self, name: str, data: bytes) -> SentBytes:
        """Add a file to the session; each executor fetches it once."""
        file = f"sparklime-{name}"
        with self._lock:
            if file not in self._sent:
                with tempfile.TemporaryDirectory() as folder:
                    path = Path(folder) / file
                    path.write_bytes(data)
                    self._spark.addArtifacts(str(path), file=True)
                self._sent.add(file)
        return SessionFile(file)

    def map_batches(self, table: pa.Table, tasks: int, function: MapBatches, schema: pa.Schema) -> pa.Table:
        """Send the batches as a DataFrame; Spark cuts small data into as many partitions as it has cores."""
        sent = from_arrow(self._spark, table).coalesce(max(min(tasks, table.column(0).num_chunks), 1))
        return to_arrow(sent.mapInArrow(function, from_arrow_schema(schema)))

    def enter_thread(self, tag: str) -> None:
        """Tag this thread's operations; how the server shares its cores between them is the server's choice."""
        self._spark.addTag(tag)

    def has_begun(self, tag: str) -> bool:
        """Return True: a Connect server does not say."""
        return True

    def cancel(self, tag: str) -> None:
        """Interrupt the operations of a tag."""
        self._spark.interruptTag(tag)

    def executors(self) -> list[ExecutorInfo]:
        """Return the executors that answered when they were last asked; none before."""
        self._check_alive()
        return list(self._executors)

    def renew(self, seconds: float) -> None:
        """Ask the executors who they are, and count the cores."""
        ship_package(self)
        answers = ask_executors(self._spark, self, seconds)
        # Only now: a server whose cores are all taken would not answer this either.
        cores = self._count_partitions()
        workers: dict[tuple[str, str], set[int]] = {}
        for answer in answers:
            workers.setdefault((answer["executor"], answer["host"]), set()).add(answer["pid"])
        # A core has one Python worker process, which serves one task after another.
        executors = [
            ExecutorInfo(executor, host, len(pids), self._memory(executor))
            for (executor, host), pids in sorted(workers.items())
        ]
        with self._lock:
            self._cores, self._executors = cores, executors

    def application(self) -> tuple[str, str | None]:
        """Return the server's application; the server does not say where its web page is."""
        self._check_alive()
        if self._application is None:
            self._application = str(self._spark.conf.get("spark.app.id"))
        return self._application, None

    def has_active_jobs(self) -> bool:
        """Return False: a Connect server does not say, and jobs of other processes may run on it."""
        return False

    def has_ended(self) -> bool:
        """Return whether the session was stopped or forgotten, or the server is gone."""
        if self._spark.is_stopped:  # type: ignore[attr-defined]
            return True
        host, _, port = self._endpoint().rpartition(":")
        try:
            # PySpark would wait and ask again for seconds.
            socket.create_connection((host.strip("[]"), int(port)), timeout=PROBE_SECONDS).close()
            self._spark.conf.get("spark.app.id")
        except Exception:  # noqa: BLE001 - gRPC's, PySpark's or the system's: in any case nobody answers
            return True
        return False

    def _check_alive(self) -> None:
        if self.has_ended():
            raise SessionEndedError(
                "The Spark session has ended: its Connect server is gone, or no longer knows it."
            )

    def _endpoint(self) -> str:
        return str(self._spark.client._builder.endpoint)  # type: ignore[attr-defined]

    def _count_partitions(self) -> int:
        numbered = self._spark.range(COUNTED_ROWS).select(sf.spark_partition_id().alias("at"))
        return int(numbered.agg(sf.max("at")).collect()[0][0]) + 1

    def _memory(self, executor: str) -> str:
        setting = "spark.driver.memory" if executor == EMBEDDED else "spark.executor.memory"
        return str(self._spark.conf.get(setting, DEFAULT_MEMORY))
