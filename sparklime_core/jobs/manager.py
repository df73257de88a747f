"""`JobManager`: runs in the background, one after another, for everybody who looks at the dashboard."""

import dataclasses
import queue
import threading
import time
from dataclasses import dataclass, field
from typing import Protocol

from sparklime_core.errors import RunError, SparkLimeError
from sparklime_core.jobs.plan import RunPlan
from sparklime_core.jobs.runner import Progress, explain_run
from sparklime_core.jobs.service import SparkService
from sparklime_core.runs.inputs import Inputs
from sparklime_core.runs.manifest import RunState
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore


class Errand(Protocol):
    """Work other than a run that needs the Spark connection while no run uses it."""

    def carry_out(self, service: SparkService) -> None:
        """Do it, in the thread of the manager; it acquires the session itself, and releases it."""

    def fail(self, sentence: str) -> None:
        """Take note of what nobody foresaw."""


@dataclass
class _Job:
    run: Run
    progress: Progress
    inputs: Inputs | None = None
    cancel: threading.Event = field(default_factory=threading.Event)
    submitted: float = field(default_factory=time.monotonic)


class JobManager:
    """Explains submitted runs on the service's session, in the order in which they came."""

    def __init__(self, store: RunStore, service: SparkService) -> None:
        self.store = store
        self.service = service
        self._jobs: dict[str, _Job] = {}
        self._queue: queue.Queue[_Job | Errand] = queue.Queue()
        self._lock = threading.Lock()
        threading.Thread(target=self._work, name="sparklime-jobs", daemon=True).start()

    def submit(self, plan: RunPlan) -> str:
        """Store a new run and queue it; return its id."""
        inputs = plan.inputs()
        run = self.store.create(plan.manifest(self.service.status().master), inputs)
        self._enqueue(_Job(run, Progress("waiting", len(inputs.row_ids)), inputs))
        return run.id

    def resume(self, run_id: str) -> None:
        """Queue what is left of a run that was cut off.

        Raises
        ------
        RunError
            When there is no such run, or nothing of it is left to do.
        """
        run = self.store.open(run_id)
        manifest = run.manifest()
        with self._lock:
            if run_id in self._jobs or not manifest.state.is_resumable():
                raise RunError(f"The run {run_id!r} is {manifest.state.value}; there is nothing to resume.")
        run.take_over()
        self._enqueue(_Job(run, Progress("waiting", manifest.rows, manifest.rows_explained)))

    def submit_errand(self, errand: Errand) -> None:
        """Queue work that is no run; it has its turn like one."""
        self._queue.put(errand)

    def cancel(self, run_id: str) -> None:
        """Stop a run, queued or running; what it has finished stays. An ended run is left as it is."""
        with self._lock:
            job = self._jobs.get(run_id)
        if job is not None:
            job.cancel.set()

    def progress(self, run_id: str) -> Progress | None:
        """Return how far a run is, or None when this process does not work on it."""
        with self._lock:
            job = self._jobs.get(run_id)
            return job.progress if job else None

    def waited(self, run_id: str) -> float:
        """Return the seconds since a run was submitted or resumed; 0 when this process does not work on it."""
        with self._lock:
            job = self._jobs.get(run_id)
            return time.monotonic() - job.submitted if job else 0.0

    def active(self) -> list[str]:
        """Return the ids of the runs that wait or run, in their order."""
        with self._lock:
            return list(self._jobs)

    def _enqueue(self, job: _Job) -> None:
        with self._lock:
            self._jobs[job.run.id] = job
        self._queue.put(job)

    def _work(self) -> None:
        while True:
            job = self._queue.get()
            if isinstance(job, _Job):
                self._work_on(job)
                continue
            try:
                job.carry_out(self.service)
            except Exception as error:  # noqa: BLE001 - it is the errand's; the next one must have its turn
                job.fail(_sentence(error))

    def _work_on(self, job: _Job) -> None:
        try:
            self._explain(job)
        except Exception as error:  # noqa: BLE001 - the error is the run's; the next run must still be explained
            self._fail(job, error)
        finally:
            with self._lock:
                del self._jobs[job.run.id]

    def _explain(self, job: _Job) -> None:
        if job.cancel.is_set():
            job.run.finish(RunState.CANCELLED)
            return
        self._report(job, dataclasses.replace(job.progress, stage="connecting"))
        spark = self.service.acquire()
        try:
            job.run.update(logs=self.service.log())
            explain_run(
                spark,
                job.run,
                inputs=job.inputs,
                cancel=job.cancel,
                on_progress=lambda progress: self._report(job, progress),
            )
        finally:
            self.service.release()

    def _fail(self, job: _Job, error: Exception) -> None:
        """Write down why a run ended, where the run itself could not."""
        if not job.run.manifest().state.is_ended():
            job.run.finish(RunState.FAILED, error=_sentence(error))

    def _report(self, job: _Job, progress: Progress) -> None:
        with self._lock:
            job.progress = progress


def _sentence(error: Exception) -> str:
    return str(error) if isinstance(error, SparkLimeError) else f"{type(error).__name__}: {error}"
