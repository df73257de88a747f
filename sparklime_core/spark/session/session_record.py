"""`SessionRecord`: what was done once for a session, whoever has made the session."""

import threading
from dataclasses import dataclass, field
from typing import Any

from sparklime_core.spark.executors.executor_report import ExecutorReport


@dataclass(eq=False)
class SessionRecord:
    """What was done once for a session.

    Attributes
    ----------
    shipped
        Whether the executors were sent this package.
    warmed
        Whether their Python workers were told to import what explaining needs.
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
