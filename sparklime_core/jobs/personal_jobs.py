"""`PersonalJobs`: the jobs of a server as one person may see and change them."""

from dataclasses import dataclass

from sparklime_core.jobs.manager import ExclusiveJob, JobManager, QueueEntry
from sparklime_core.jobs.plan import RunPlan
from sparklime_core.jobs.runner import Progress
from sparklime_core.runs.access import Person


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

    def submit_errand(self, errand: ExclusiveJob) -> None:
        """Queue work that is no run; see `JobManager.submit_errand`."""
        self.manager.submit_errand(errand)

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
