"""`Guard`: asked before a person reads or changes a run."""

from dataclasses import dataclass
from pathlib import Path

from sparklime_core.errors import RunError
from sparklime_core.runs.access import Access, Person


@dataclass(frozen=True)
class Guard:
    """What a person may do with a run, by its access of this moment.

    Attributes
    ----------
    folder
        The run's.
    person
        Who has opened it.
    """

    folder: Path
    person: Person

    def access(self) -> Access:
        """Return whose the run is, and with whom it is shared; raise `RunError` as `check_seen` does."""
        self.check_seen()
        return Access.read(self.folder)

    def check_seen(self) -> None:
        """Raise `RunError` when the person may not see the run; it does not say whether it exists."""
        if self.person.is_signed_in and not Access.read(self.folder).lets_see(self.person):
            raise no_run(self.folder.name, self.person)

    def check_changed(self) -> None:
        """Raise `RunError` when the person may not change the run."""
        self.check_seen()
        if self.person.is_signed_in and not Access.read(self.folder).lets_change(self.person):
            raise RunError(
                f"The run {self.folder.name!r} is another person's: you can read it, but not change it."
            )


def no_run(run_id: str, person: Person) -> RunError:
    """Return the error of a run that is not there; to who is signed in, of another person's too."""
    others = ", or it is another person's" if person.is_signed_in else ""
    return RunError(f"There is no run {run_id!r} in the store{others}.")
