"""`Backend`: one interface for all that classic Spark and Spark Connect do differently, and `SessionRecord`.

`classic_backend` talks to a JVM of this process; `connect_backend` talks to a Connect server, where there is
no context, no broadcast and no RDD. Executors import it for the bytes that they are sent.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from sparklime_core.spark.executors.self_report import ExecutorReport

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession

MapBatches: TypeAlias = "Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]"
"""What turns the batches of a task into others, on an executor."""

DEFAULT_MEMORY = "1g"
"""The memory that Spark gives a JVM by default."""

CONNECT_MODE = "SPARK_CONNECT_MODE_ENABLED"
"""The environment variable by which PySpark's functions know that they make columns for Spark Connect."""


@dataclass(frozen=True)
class BroadcastBytes:
    """Bytes in a broadcast of classic Spark, PySpark's own."""

    broadcast: Any
    kind = "broadcast"

    def read(self) -> bytes:
        """Return the bytes, and forget them: PySpark would keep them next to the object made from them."""
        data: bytes = self.broadcast.value
        self.broadcast.__dict__.pop("_value", None)
        return data

    def discard(self) -> None:
        """Free the broadcast everywhere."""
        self.broadcast.destroy()


@dataclass(frozen=True)
class SessionFile:
    """Bytes in a file of a Connect session, by its name; each executor fetches it once."""

    name: str
    kind = "file"

    def read(self) -> bytes:
        """Return the bytes."""
        from pyspark import SparkFiles  # noqa: PLC0415 - on executors only

        return Path(SparkFiles.get(self.name)).read_bytes()

    def discard(self) -> None:
        """Do nothing: Connect removes files when their session ends."""


SentBytes: TypeAlias = BroadcastBytes | SessionFile
"""A handle of bytes on their way to the executors. It is small to pickle: the bytes travel apart from it."""


@dataclass(eq=False)
class SessionRecord:
    """What was done once for a session.

    Attributes
    ----------
    shipped
        Whether the executors were sent this package.
    warmed
        Whether their Python workers were asked to import what explaining needs.
    reports
        What the executors answered when they were last asked about themselves; None before.
    lock
        Held while one of these is done.
    """

    shipped: bool = False
    warmed: bool = False
    reports: list[ExecutorReport] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


def record_of(home: Any) -> SessionRecord:
    """Return the one record of a context of classic Spark, or of a session of Spark Connect.

    PySpark's own object keeps it, so that it goes when the context or the session goes.
    """
    record: SessionRecord = vars(home).setdefault("_sparklime_record", SessionRecord())
    return record


@dataclass(frozen=True)
class ExecutorInfo:
    """An executor that is alive.

    Attributes
    ----------
    id
        Spark's id; ``"driver"`` in embedded mode, where the driver executes.
    host
        ``host:port`` of its block manager; its host alone over Spark Connect.
    cores
        How many tasks it runs at once.
    memory
        Of its JVM, like ``1024m``.
    """

    id: str
    host: str
    cores: int
    memory: str


class Backend(Protocol):
    """A session, as the rest of this package uses it."""

    @property
    def master(self) -> str:
        """The master, as Spark calls it."""

    def parallelism(self) -> int:
        """Return how many tasks run at once; at least one."""

    @property
    def record(self) -> SessionRecord:
        """What was done once for the session."""

    def add_package(self, path: Path) -> None:
        """Let the executors import what is in a zip of Python modules."""

    def send_bytes(self, name: str, data: bytes) -> SentBytes:
        """Bring bytes to all executors, once, under a name that is a digest of them."""

    def map_batches(
        self, table: "pa.Table", tasks: int, function: "MapBatches", schema: "pa.Schema"
    ) -> "pa.Table":
        """Give the batches of a table to a function on the executors; return those of the schema that it yields.

        There are at most so many tasks, each with batches that follow one another.
        """

    def enter_thread(self, tag: str) -> None:
        """Tag what this thread runs from now on, and share the cores fairly between tags."""

    def has_begun(self, tag: str) -> bool:
        """Return whether Spark has a job of a tag; True where that cannot be known.

        Raises
        ------
        SparkError
            When the session has ended.
        """

    def cancel(self, tag: str) -> None:
        """Stop what runs under a tag, on the executors too."""

    def executors(self) -> list[ExecutorInfo]:
        """Return the executors that are alive.

        Raises
        ------
        SparkError
            When the session has ended.
        """

    def renew(self, seconds: float) -> None:
        """Ask again for the executors and the number of tasks at once, where Spark does not always know them.

        Raises
        ------
        SparkError
            When they do not answer within so many seconds.
        """

    def application(self) -> tuple[str, str | None]:
        """Return Spark's id of the application, and the address of its web page where that is known.

        Raises
        ------
        SparkError
            When the session has ended.
        """

    def has_active_jobs(self) -> bool:
        """Return whether a job of this process runs."""

    def has_ended(self) -> bool:
        """Return whether the session can no longer be used."""


def is_connect(spark: "SparkSession") -> bool:
    """Tell whether a session is one of Spark Connect."""
    return type(spark).__module__.startswith("pyspark.sql.connect.")
