"""The executors of a session, and Spark's web pages about it."""

from dataclasses import dataclass
from typing import Any

from pyspark.sql import SparkSession

from sparklime_core.spark.session.backend import ExecutorInfo
from sparklime_core.spark.session.choose_backend import backend_of
from sparklime_core.spark.session.connection import present
from sparklime_core.spark.session.master import parse_master, read_facts


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
    """Return the executors that are alive; over Spark Connect, those that were when they were last asked.

    Raises
    ------
    SparkError
        When the session has ended.
    """
    return backend_of(spark).executors()


def application(spark: SparkSession) -> ApplicationInfo:
    """Return a session's application and the web pages about it.

    Raises
    ------
    SparkError
        When the session has ended.
    """
    application_id, page = backend_of(spark).application()
    links = {"application": page} if page else {}
    return ApplicationInfo(application_id, {**links, **_master_links(spark)})


def master_workers(master: str) -> list[dict[str, Any]]:
    """Return the workers of a standalone master that are alive, from its ``/json/``; empty without its page.

    Raises
    ------
    SparkError
        When the master's text makes no sense.
    """
    return list(read_facts(parse_master(master)).workers)


def _master_links(spark: SparkSession) -> dict[str, str]:
    connection = present()
    if connection is None or connection.spark is not spark or connection.facts.web_url is None:
        return {}
    application = {"application": connection.web_url} if connection.web_url else {}
    pages = {f"worker {n}": worker["webuiaddress"] for n, worker in enumerate(connection.facts.workers, 1)}
    return {**application, "master": connection.facts.web_url, **pages}
