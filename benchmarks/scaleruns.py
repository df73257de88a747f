"""What the benchmark of scale runs, and the record of one run."""

from dataclasses import dataclass

from sparklime_core.runs.manifest import Writers

LAYOUTS = (1, 2, 4)
"""Numbers of one-core workers."""

TREES, DEPTH = 50, 8
WAYS: tuple[tuple[str, Writers], ...] = (("sampled", "driver"), ("sampled", "executors"), ("reference", "driver"))
"""Engines, and who writes what they find."""


@dataclass(frozen=True)
class Start:
    """Seconds until a cluster of so many workers explains.

    Attributes
    ----------
    workers
        How many.
    cluster, session, first
        Until master and workers run; until the application has its executors; until a first small run has ended:
        Python workers start, import what they need, fetch the payload and load it.
    """

    workers: int
    cluster: float
    session: float
    first: float


@dataclass(frozen=True)
class Measured:
    """One run on workers that have started. Seconds, all of them; of cores where they are sums over tasks.

    Attributes
    ----------
    engine, writers, workers, rows
        What ran: an engine, and whether the driver or the executors write.
    wall
        From the run's begin until its last wave is on the disk.
    joining
        From then until the run has ended: parts that the driver wrote become one file.
    engine_busy
        Of cores, inside the engine.
    python_busy
        Of cores, inside our function: the engine, and turning rows and results from and to bytes.
    task_busy
        Of cores, inside Spark's tasks.
    starting, returning
        Of cores, starting tasks (unpickling them) and serialising their results, by Spark's own measure.
    tail
        Of cores that had no task left while another core still worked on a wave.
    driver_python, driver_java
        Of the driver's processor, in this process and in its JVM, while waves are explained.
    waves, tasks
        How many.
    spread
        Coefficient of variation of the time that a block takes.
    by_executor
        Rows by executor.
    payload
        Bytes of model, explainer and engine.
    carried
        Bytes of rows and results that go through the driver's link for a row.
    """

    engine: str
    writers: Writers
    workers: int
    rows: int
    wall: float
    joining: float
    engine_busy: float
    python_busy: float
    task_busy: float
    starting: float
    returning: float
    tail: float
    driver_python: float
    driver_java: float
    waves: int
    tasks: int
    spread: float
    by_executor: dict[str, int]
    payload: int
    carried: float

    @property
    def skew(self) -> float:
        """Return the rows of the busiest executor against an even share."""
        return max(self.by_executor.values()) * self.workers / self.rows
