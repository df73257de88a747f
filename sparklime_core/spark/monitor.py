"""What a session stands on: its executors, and the web pages of Spark."""

from dataclasses import dataclass
from typing import Any

from py4j.protocol import Py4JError
from pyspark.sql import SparkSession

from sparklime_core.errors import SparkError
from sparklime_core.spark.executor import EMBEDDED
from sparklime_core.spark.failures import one_sentence
from sparklime_core.spark.masters import parse_master, read_facts
from sparklime_core.spark.session import connection_of

DEFAULT_MEMORY = "1g"


@dataclass(frozen=True)
class ExecutorInfo:
    """An executor that is alive.

    Attributes
    ----------
    id
        Spark's id; ``"driver"`` in embedded mode, where the driver executes.
    host
        ``host:port`` of its block manager.
    cores
        How many tasks it runs at once.
    memory
        Of its JVM, like ``1024m``.
    """

    id: str
    host: str
    cores: int
    memory: str


@dataclass(frozen=True)
class ApplicationInfo:
    """A session's application.

    Attributes
    ----------
    application
        Spark's id.
    links
        Web pages by name: ``"application"``, and of a standalone master ``"master"`` and ``"worker 1"`` and so on.
    """

    application: str
    links: dict[str, str]


def list_executors(spark: SparkSession) -> list[ExecutorInfo]:
    """Return the executors that are alive.

    Raises
    ------
    SparkError
        When the session has ended.
    """
    try:
        context = spark.sparkContext._jsc.sc()
        local = context.isLocal()
        memory = context.conf().get("spark.driver.memory" if local else "spark.executor.memory", DEFAULT_MEMORY)
        listed = context.statusStore().executorList(True)
        found = [listed.apply(i) for i in range(listed.size())]
        return [
            ExecutorInfo(executor.id(), executor.hostPort(), int(executor.totalCores()), str(memory))
            for executor in found
            if (executor.id() == EMBEDDED) == local
        ]
    except (Py4JError, AttributeError) as error:
        raise SparkError(f"The Spark session has ended: {one_sentence(error)}") from error


def application(spark: SparkSession) -> ApplicationInfo:
    """Return a session's application and the web pages about it.

    Raises
    ------
    SparkError
        When the session has ended.
    """
    try:
        context = spark.sparkContext
        links = {"application": context.uiWebUrl} if context.uiWebUrl else {}
        return ApplicationInfo(str(context.applicationId), {**links, **_master_links(spark)})
    except (Py4JError, AttributeError) as error:
        raise SparkError(f"The Spark session has ended: {one_sentence(error)}") from error


def master_workers(master: str) -> list[dict[str, Any]]:
    """Return the workers of a standalone master that are alive, as its ``/json/`` tells; empty without its page.

    Raises
    ------
    SparkError
        When the master's text makes no sense.
    """
    return list(read_facts(parse_master(master)).workers)


def _master_links(spark: SparkSession) -> dict[str, str]:
    connection = connection_of(spark)
    if connection is None or connection.facts.web_url is None:
        return {}
    pages = {f"worker {n}": worker["webuiaddress"] for n, worker in enumerate(connection.facts.workers, 1)}
    return {"master": connection.facts.web_url, **pages}
