"""Classic Spark: a JVM of this process, reached through py4j."""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from py4j.protocol import Py4JError
from pyspark.serializers import NoOpSerializer
from pyspark.sql import SparkSession

from sparklime_core.spark.executors.self_report import EMBEDDED
from sparklime_core.spark.session.backend import (
    DEFAULT_MEMORY,
    BroadcastBytes,
    ExecutorInfo,
    MapBatches,
    SentBytes,
    SessionRecord,
    record_of,
)
from sparklime_core.spark.session.failures import SessionEndedError, one_sentence


class ClassicBackend:
    """A session that has a context.

    Parameters
    ----------
    spark
        The session.
    """

    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark
        self._context = spark.sparkContext

    @property
    def record(self) -> SessionRecord:
        """The context's, which all its sessions share."""
        return record_of(self._context)

    @property
    def master(self) -> str:
        """The context's master."""
        return str(self._context.master)

    def parallelism(self) -> int:
        """Return Spark's default parallelism: the cores of all executors."""
        return max(int(self._context.defaultParallelism), 1)

    def add_package(self, path: Path) -> None:
        """Add a zip to the path of the Python workers."""
        self._context.addPyFile(str(path))

    def send_bytes(self, name: str, data: bytes) -> SentBytes:
        """Broadcast bytes."""
        return BroadcastBytes(self._context.broadcast(data))

    def map_batches(self, table: pa.Table, tasks: int, function: MapBatches, schema: pa.Schema) -> pa.Table:
        """Send batches as bytes: a DataFrame would be planned, and unpacked and packed again in the JVM."""
        sent = table.schema

        def work(packed: Iterable[Any]) -> Iterator[bytes]:
            batches = (pa.ipc.read_record_batch(pa.py_buffer(one), sent) for one in packed)
            return (batch.serialize().to_pybytes() for batch in function(batches))

        given = [batch.serialize().to_pybytes() for batch in table.to_batches()]
        done = self._context.parallelize(given, min(tasks, len(given))).mapPartitions(work)
        # As bytes: PySpark's own serializer would unpickle what an executor sends.
        found = done._reserialize(NoOpSerializer()).collect()
        return pa.Table.from_batches(
            [pa.ipc.read_record_batch(pa.py_buffer(one), schema) for one in found], schema
        )

    def enter_thread(self, tag: str) -> None:
        """Tag this thread's jobs; in classic mode only the context's tags can be cancelled."""
        self._context.addJobTag(tag)
        self._context.setInterruptOnCancel(True)
        self._context.setLocalProperty("spark.scheduler.pool", tag)

    def has_begun(self, tag: str) -> bool:
        """Ask the context's status tracker; PySpark's own does not know of tags."""
        with _alive():
            return len(self._context._jsc.sc().statusTracker().getJobIdsForTag(tag)) > 0

    def cancel(self, tag: str) -> None:
        """Cancel the jobs of a tag."""
        self._context.cancelJobsWithTag(tag)

    def executors(self) -> list[ExecutorInfo]:
        """Return what Spark's own status store lists."""
        with _alive():
            context = self._context._jsc.sc()
            local = context.isLocal()
            memory = context.conf().get(
                "spark.driver.memory" if local else "spark.executor.memory", DEFAULT_MEMORY
            )
            listed = context.statusStore().executorList(True)
            found = [listed.apply(i) for i in range(listed.size())]
            return [
                ExecutorInfo(executor.id(), executor.hostPort(), int(executor.totalCores()), str(memory))
                for executor in found
                # Spark lists an executor that ends while it starts for good, and without cores.
                if (executor.id() == EMBEDDED) == local and executor.totalCores() > 0
            ]

    def renew(self, seconds: float) -> None:
        """Do nothing: the context knows its executors at any time."""

    def application(self) -> tuple[str, str | None]:
        """Return the context's id and web page."""
        with _alive():
            return str(self._context.applicationId), self._context.uiWebUrl

    def has_active_jobs(self) -> bool:
        """Ask the status tracker."""
        return bool(self._context.statusTracker().getActiveJobsIds())

    def has_ended(self) -> bool:
        """Return whether the context was stopped, or its JVM is gone."""
        java = self._context._jsc
        try:
            return java is None or bool(java.sc().isStopped())
        except Py4JError:
            return True


@contextlib.contextmanager
def _alive() -> Iterator[None]:
    """Raise `SessionEndedError` for a stopped context or a JVM that is gone: the session has ended."""
    try:
        yield
    except (Py4JError, AttributeError) as error:
        raise SessionEndedError(f"The Spark session has ended: {one_sentence(error)}") from error
