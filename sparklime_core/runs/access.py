"""Who may see and change what: `Person`, `Access` to a run or a workspace, and `Guard`, which each run asks."""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from sparklime_core.atomic_files import write_file
from sparklime_core.errors import RunError, SettingsError

ACCESS_FILE = "access.json"
"""Name of the file of a run's access, in the run's folder."""

MOST_ADDRESSES = 100
"""People with whom one run is shared by name."""

_ADDRESS = re.compile(r"[^\s@,;<>\"]{1,64}@[^\s@,;<>\"]{1,190}")


@dataclass(frozen=True)
class Person:
    """Who uses a store.

    Attributes
    ----------
    id
        Stable and unique: of an account where people sign in, of a browser otherwise; ``""``: not known.
    name, email
        Name for people, and verified address, as `address` writes it; ``""``: none.
    is_signed_in
        Whether the server has people sign in. Otherwise everybody may see and change every run.
    is_operator
        Whether the person may see and change everything.
    session
        Name of the session of somebody who is not known.
    """

    id: str = ""
    name: str = ""
    email: str = ""
    is_signed_in: bool = False
    is_operator: bool = False
    session: str = ""

    @property
    def queue_name(self) -> str:
        """Name by which the queue is fair between people."""
        return self.id or self.session


ANYBODY = Person()
"""Everybody who uses the command line or the library."""


@dataclass(frozen=True)
class Access:
    """Whose a run or a workspace is, and with whom it is shared.

    Attributes
    ----------
    person, name, email
        Whose it is, by `Person`. Without `person` it belongs to who has this address, and without both to nobody.
    shared_with
        Addresses of the people who may see it.
    shared_with_all
        Whether everybody who is signed in may see it.
    """

    person: str = ""
    name: str = ""
    email: str = ""
    shared_with: tuple[str, ...] = ()
    shared_with_all: bool = False

    @classmethod
    def of(cls, person: Person) -> "Access":
        """Return the access to what a person has just made."""
        return cls(person.id, person.name, person.email)

    @classmethod
    def read(cls, folder: Path) -> "Access":
        """Read it from a run's folder. Where there is none, or it is damaged, the run belongs to nobody."""
        try:
            return msgspec.json.decode((folder / ACCESS_FILE).read_bytes(), type=cls)
        except (OSError, ValueError, RecursionError):
            return cls()

    def write(self, folder: Path) -> None:
        """Write it into a run's folder, whole or not at all."""
        write_file(folder / ACCESS_FILE, json.dumps(msgspec.to_builtins(self), indent=2, ensure_ascii=False))

    def is_of(self, person: Person) -> bool:
        """Return whether it is this person's."""
        if self.person:
            return self.person == person.id
        return bool(self.email) and self.email == person.email

    def lets_change(self, person: Person) -> bool:
        """Return whether a person may cancel, resume, rename, share and delete it."""
        return person.is_operator or self.is_of(person)

    def lets_see(self, person: Person) -> bool:
        """Return whether a person may open it."""
        is_shared = self.shared_with_all or bool(person.email and person.email in self.shared_with)
        return self.lets_change(person) or (person.is_signed_in and is_shared)

    def shared(self, addresses: str, with_all: bool) -> "Access":
        """Return the access after it is shared with these people, and no longer with others.

        Raises
        ------
        RunError
            When one of the addresses is none, or there are more than `MOST_ADDRESSES`.
        """
        emails = tuple(dict.fromkeys(address(text) for text in re.split(r"[\s,;]+", addresses) if text))
        if len(emails) > MOST_ADDRESSES:
            raise RunError(
                f"A run is shared with at most {MOST_ADDRESSES} people by address, not with {len(emails)}; "
                "share it with everybody."
            )
        return replace(self, shared_with=emails, shared_with_all=with_all)

    def given_to(self, email: str) -> "Access":
        """Return the access after it is given to the person of an address; raise `RunError` when it is none."""
        return replace(self, person="", name="", email=address(email))


def address(text: str) -> str:
    """Return an address in the form in which addresses are compared: its ASCII letters in lower case.

    Other letters stay as they are: Unicode's lower case makes different addresses equal.

    Raises
    ------
    RunError
        When it is no address.
    """
    found = text.strip()
    if _ADDRESS.fullmatch(found) is None:
        raise RunError(f"{found[:80]!r} is no e-mail address, like ann@example.org.")
    return found.encode().lower().decode()


def operators(text: str) -> frozenset[str]:
    """Return the operators' addresses, which are separated by commas.

    Raises
    ------
    SettingsError
        When one is no address.
    """
    try:
        return frozenset(address(part) for part in text.split(",") if part.strip())
    except RunError as error:
        raise SettingsError(f"SPARKLIME_OPERATORS: {error}") from error


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
