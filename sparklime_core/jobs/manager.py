"""`JobManager`: runs in the background, in a queue that everybody sees who looks at the dashboard.

`PersonalJobs` are those jobs as one person may see and change them.
"""

import dataclasses
import logging
import threading
import time
from dataclasses import dataclass, field
from typing import Protocol

from pyspark.sql import SparkSession

from sparklime_core.errors import CancelledError, RunError, SparkLimeError
from sparklime_core.jobs.fair_queue import FairQueue, QueueLimits, Ticket
from sparklime_core.jobs.plan import RunPlan
from sparklime_core.jobs.runner import Phases, Progress, explain_run
from sparklime_core.jobs.spark_connection import SparkService
from sparklime_core.jobs.study import error_sentence
from sparklime_core.runs.access import ANYBODY, Person
from sparklime_core.runs.inputs import Inputs
from sparklime_core.runs.manifest import RunState, writers_from_environment
from sparklime_core.runs.query.rows import index_rows
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from sparklime_core.waiting import unless_cancelled

_log = logging.getLogger(__name__)


class ExclusiveJob(Protocol):
    """Work other than a run that needs the Spark connection while no run uses it."""

    def run(self, service: SparkService) -> None:
        """Do it, in a thread of the manager; it acquires the session itself, and releases it."""

    def fail(self, sentence: str) -> None:
        """End it with an error that it did not handle itself."""


@dataclass(frozen=True)
class QueueEntry:
    """A run in the queue.

    Attributes
    ----------
    run_id, title
        Which run.
    person
        Whose it is; see `Person.queue_name`.
    position
        0 when it runs; otherwise how many turns come until its own has come, counted from 1.
    progress
        How far it is.
    """

    run_id: str
    title: str
    person: str
    position: int
    progress: Progress


@dataclass(eq=False)
class _Job:
    run: Run
    title: str
    progress: Progress
    inputs: Inputs | None = None
    cancel: threading.Event = field(default_factory=threading.Event)
    submitted: float = field(default_factory=time.monotonic)


class JobManager:
    """Explains submitted runs on the service's session, some at once, fairly between the people who sent them."""

    def __init__(self, store: RunStore, service: SparkService, limits: QueueLimits | None = None) -> None:
        self.store = store
        self.service = service
        self._queue = FairQueue(limits or QueueLimits.from_environment())
        self._jobs: dict[Ticket, _Job | ExclusiveJob] = {}
        self._lock = threading.Lock()
        self._resuming = threading.Lock()
        for number in range(self._queue.limits.running):
            threading.Thread(target=self._work, name=f"sparklime-jobs-{number}", daemon=True).start()

    def submit(self, plan: RunPlan, person: Person = ANYBODY) -> str:
        """Store a new run of a person and queue it; return its id.

        Raises
        ------
        RunError
            When the queue is full, or the run cannot be stored.
        """
        self._queue.check_room()
        inputs = plan.inputs()
        manifest = dataclasses.replace(
            plan.manifest(self.service.status().master), writers=writers_from_environment()
        )
        run = self.store.of(person).create(manifest, inputs)
        progress = Progress("waiting", len(inputs.row_ids))
        try:
            job = _Job(run, plan.dataset.name, progress, inputs)
            self._join(Ticket(person.queue_name), job)
        except RunError:
            run.discard()
            raise
        return run.id

    def resume(self, run_id: str, person: Person = ANYBODY) -> None:
        """Queue what is left of a run that was cut off.

        Raises
        ------
        RunError
            When there is no such run of the person, nothing of it is left to do, or the queue is full.
        """
        with self._resuming:
            self._queue.check_room()
            self.store.of(person).open_own(run_id)
            run = self.store.open(run_id)  # the work goes on, also where the run is given to another person
            manifest = run.manifest()
            if not manifest.state.is_resumable():
                raise RunError(f"The run {run_id!r} is {manifest.state.value}; there is nothing to resume.")
            run.take_over()
        progress = Progress("waiting", manifest.rows, manifest.rows_explained, manifest.rows_failed)
        self._join(Ticket(person.queue_name), _Job(run, manifest.title, progress))

    def submit_exclusive(self, job: ExclusiveJob) -> None:
        """Queue work that is no run; it has its turn like one, but nothing else runs meanwhile.

        Raises
        ------
        RunError
            When the queue is full.
        """
        self._join(Ticket(alone=True), job)

    def cancel(self, run_id: str) -> None:
        """Stop a run, queued or running; what it has finished stays. An ended run is left as it is."""
        with self._lock:
            found = self._find(run_id)
        if found is None:
            return
        ticket, job = found
        job.cancel.set()
        if self._queue.leave(ticket):
            self._end(ticket, job)

    def progress(self, run_id: str) -> Progress | None:
        """Return how far a run is, or None when this process does not work on it."""
        with self._lock:
            found = self._find(run_id)
            return found[1].progress if found else None

    def waited(self, run_id: str) -> float:
        """Return the seconds since a run was submitted or resumed; 0 when this process does not work on it."""
        with self._lock:
            found = self._find(run_id)
            return time.monotonic() - found[1].submitted if found else 0.0

    def active(self) -> list[str]:
        """Return the ids of the runs that run or wait, in the order of their turns."""
        return [entry.run_id for entry in self.queue()]

    def queue(self) -> list[QueueEntry]:
        """Return the runs that run, then those that wait in the order of their turns."""
        running, waiting = self._queue.in_order()
        positions = {**dict.fromkeys(running, 0), **{ticket: at for at, ticket in enumerate(waiting, 1)}}
        with self._lock:
            return [
                QueueEntry(job.run.id, job.title, ticket.person, position, job.progress)
                for ticket, position in positions.items()
                if isinstance(job := self._jobs.get(ticket), _Job)
            ]

    def exclusive_runs(self) -> bool:
        """Return whether work that is no run has Spark to itself at this moment."""
        running, _ = self._queue.in_order()
        with self._lock:
            return any(ticket in self._jobs for ticket in running if ticket.alone)

    def _find(self, run_id: str) -> "tuple[Ticket, _Job] | None":
        for ticket, work in self._jobs.items():
            if isinstance(work, _Job) and work.run.id == run_id:
                return ticket, work
        return None

    def _join(self, ticket: Ticket, work: "_Job | ExclusiveJob") -> None:
        with self._lock:
            self._jobs[ticket] = work
        try:
            self._queue.join(ticket)
        except RunError:
            with self._lock:
                del self._jobs[ticket]
            raise

    def _work(self) -> None:
        while True:
            ticket = self._queue.take()
            with self._lock:
                work = self._jobs[ticket]
            try:
                if isinstance(work, _Job):
                    self._work_on(ticket, work)
                else:
                    self._run_exclusive(ticket, work)
            finally:
                self._queue.end(ticket)

    def _run_exclusive(self, ticket: Ticket, job: ExclusiveJob) -> None:
        try:
            job.run(self.service)
        except Exception as error:  # noqa: BLE001 - it is the job's; the next one must have its turn
            job.fail(error_sentence(error))
        finally:
            with self._lock:
                del self._jobs[ticket]

    def _work_on(self, ticket: Ticket, job: _Job) -> None:
        try:
            self._explain(job)
            sentence = None
        except CancelledError:
            sentence = None
        except Exception as error:  # noqa: BLE001 - the error is the run's; the next run must still be explained
            sentence = error_sentence(error)
        self._end(ticket, job, sentence)

    def _explain(self, job: _Job) -> None:
        self._report(job, dataclasses.replace(job.progress, stage="connecting"))
        phases = Phases(job.run.manifest().phases)
        phases.begin("connecting")
        spark = self._acquire(job.cancel)
        try:
            job.run.update(logs=self.service.log(), master=self.service.status().master)
            explain_run(
                spark,
                job.run,
                inputs=job.inputs,
                phases=phases,
                cancel=job.cancel,
                on_progress=lambda progress: self._report(job, progress),
            )
        finally:
            self.service.release()
        _index(job.run)

    def _acquire(self, cancel: threading.Event) -> SparkSession:
        return unless_cancelled(self.service.acquire, cancel, lambda _: self.service.release())

    def _end(self, ticket: Ticket, job: _Job, error: str | None = None) -> None:
        """Write down how a run ended, where the run itself could not, and forget it."""
        try:
            if not job.run.manifest().state.is_ended():
                job.run.finish(RunState.FAILED if error else RunState.CANCELLED, error=error)
        except Exception:  # noqa: BLE001 - the disk refuses even that; the run is then found to be interrupted
            _log.exception("The end of the run %s could not be written", job.run.id)
        finally:
            with self._lock:
                del self._jobs[ticket]

    def _report(self, job: _Job, progress: Progress) -> None:
        with self._lock:
            job.progress = progress


def _index(run: Run) -> None:
    """Index the rows now that they are all there, so that the first person who opens them does not wait for it."""
    try:
        index_rows(run)
    except SparkLimeError:
        _log.exception("The rows of the run %s could not be indexed; opening them tries again", run.id)


@dataclass(frozen=True)
class PersonalJobs:
    """The jobs of a server, as one person may see and change them: the person's view of the run store decides.

    Attributes
    ----------
    manager
        The server's jobs.
    person
        Whose view it is.
    """

    manager: JobManager
    person: Person

    def submit(self, plan: RunPlan) -> str:
        """Store a new run of the person and queue it; see `JobManager.submit`."""
        return self.manager.submit(plan, self.person)

    def submit_exclusive(self, job: ExclusiveJob) -> None:
        """Queue work that is no run; see `JobManager.submit_exclusive`."""
        self.manager.submit_exclusive(job)

    def resume(self, run_id: str) -> None:
        """Queue what is left of a run; see `JobManager.resume`. It raises `RunError` for another person's run."""
        self.manager.resume(run_id, self.person)

    def cancel(self, run_id: str) -> None:
        """Stop a run; raise `RunError` when there is none that the person may change."""
        self.manager.store.of(self.person).open_own(run_id)
        self.manager.cancel(run_id)

    def progress(self, run_id: str) -> Progress | None:
        """Return how far a run is; None when nothing works on it, or the person may not see it."""
        return self.manager.progress(run_id) if self._sees(run_id) else None

    def waited(self, run_id: str) -> float:
        """Return the seconds since a run was submitted; 0 when `progress` is None."""
        return self.manager.waited(run_id) if self._sees(run_id) else 0.0

    def queue(self) -> list[QueueEntry]:
        """Return the runs of the queue that the person may see, in the order of their turns among all."""
        return [entry for entry in self.manager.queue() if self._sees(entry.run_id)]

    def _sees(self, run_id: str) -> bool:
        return not self.person.is_signed_in or self.manager.store.of(self.person).sees(run_id)
