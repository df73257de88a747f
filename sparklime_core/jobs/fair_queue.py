"""`FairQueue`: who uses Spark and who waits for it, fair between people with few runs and with many.

It is written by hand: rq and huey hand jobs to other processes, APScheduler starts them at set times, and
none of the three is fair between people.
"""

import itertools
import os
import threading
from dataclasses import dataclass

from sparklime_core.errors import RunError, SettingsError

MOST_RUNNING = 2
"""Runs at once: a Python worker keeps the models of two."""

MOST_WAITING = 20


@dataclass(frozen=True)
class QueueLimits:
    """How much one server takes on; the operator sets ``SPARKLIME_RUNNING`` and ``SPARKLIME_WAITING``.

    Attributes
    ----------
    running
        Runs that share the executors at once.
    waiting
        Runs that may wait behind them.
    """

    running: int = MOST_RUNNING
    waiting: int = MOST_WAITING

    @classmethod
    def from_environment(cls) -> "QueueLimits":
        """Return the limits that the operator has set.

        Raises
        ------
        SettingsError
            When one is no whole number, or less than 1.
        """
        return cls(_number("SPARKLIME_RUNNING", MOST_RUNNING), _number("SPARKLIME_WAITING", MOST_WAITING))


@dataclass(frozen=True, eq=False)
class Ticket:
    """A place in the queue.

    Attributes
    ----------
    person
        Whose it is; see `Person.queue_name`.
    alone
        Whether nothing else may run at the same time.
    """

    person: str = ""
    alone: bool = False


class FairQueue:
    """The queue: who is next is the person whose last turn is longest ago, then who came first."""

    def __init__(self, limits: QueueLimits) -> None:
        self.limits = limits
        self._changed = threading.Condition()
        self._waiting: list[Ticket] = []
        self._running: list[Ticket] = []
        self._last_turn: dict[str, int] = {}
        self._turn = itertools.count(1)

    def check_room(self) -> None:
        """Raise `RunError` when the queue is full."""
        with self._changed:
            if len(self._waiting) >= self.limits.waiting:
                raise RunError(
                    f"The queue of this server is full: at most {self.limits.waiting} may wait; "
                    "try again when a run has begun."
                )

    def join(self, ticket: Ticket) -> None:
        """Wait for a turn, behind the others.

        Raises
        ------
        RunError
            When the queue is full.
        """
        with self._changed:
            self.check_room()
            self._waiting.append(ticket)
            self._changed.notify_all()

    def take(self) -> Ticket:
        """Wait for the next turn; return its ticket. Call `end` when the turn is over."""
        with self._changed:
            while (ticket := self._next()) is None:
                self._changed.wait()
            self._waiting.remove(ticket)
            self._running.append(ticket)
            self._last_turn[ticket.person] = next(self._turn)
            return ticket

    def end(self, ticket: Ticket) -> None:
        """End a turn."""
        with self._changed:
            self._running.remove(ticket)
            self._forget(ticket.person)
            self._changed.notify_all()

    def leave(self, ticket: Ticket) -> bool:
        """Leave the queue; return whether the ticket was still waiting."""
        with self._changed:
            if ticket not in self._waiting:
                return False
            self._waiting.remove(ticket)
            self._forget(ticket.person)
            self._changed.notify_all()
            return True

    def in_order(self) -> tuple[list[Ticket], list[Ticket]]:
        """Return those that run, and those that wait in the order in which their turns come."""
        with self._changed:
            return list(self._running), self._order()

    def _next(self) -> Ticket | None:
        order = self._order()
        if not order or len(self._running) >= self.limits.running:
            return None
        if self._running and (order[0].alone or self._running[0].alone):
            return None
        return order[0]

    def _order(self) -> list[Ticket]:
        """Return those that wait in the order of their turns, as it is until somebody else comes."""
        left, order = list(self._waiting), []
        last, turn = dict(self._last_turn), max(self._last_turn.values(), default=0)
        while left:
            # Nobody overtakes one that must be alone, so that it comes to its turn.
            first_alone = next((at for at, ticket in enumerate(left) if ticket.alone), len(left))
            among = left[:first_alone] or left[:1]
            ticket = min(among, key=lambda one: last.get(one.person, 0))
            left.remove(ticket)
            order.append(ticket)
            turn += 1
            last[ticket.person] = turn
        return order

    def _forget(self, person: str) -> None:
        """Forget a person who has no ticket left: they count as new when they come again."""
        if all(ticket.person != person for ticket in (*self._waiting, *self._running)):
            self._last_turn.pop(person, None)


def _number(name: str, usual: int) -> int:
    text = os.environ.get(name, "").strip()
    if not text:
        return usual
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise SettingsError(f"{name} must be a whole number from 1 on, not {text!r}.")
    return int(text)
