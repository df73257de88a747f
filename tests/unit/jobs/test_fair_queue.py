"""The queue: fair between people, limited, and nobody overtakes one that must be alone."""

import threading

import pytest

from sparklime_core import SparkLimeError
from sparklime_core.jobs.fair_queue import FairQueue, QueueLimits, Ticket


def queue(*people, running=1, waiting=20):
    turns = FairQueue(QueueLimits(running, waiting))
    tickets = [Ticket(person.rstrip("!"), alone=person.endswith("!")) for person in people]
    for ticket in tickets:
        turns.join(ticket)
    return turns


def served(turns, count):
    """Whose turns come, one after another."""
    people = []
    for _ in range(count):
        ticket = turns.take()
        people.append(ticket.person)
        turns.end(ticket)
    return "".join(people)


def test_one_who_sends_much_does_not_keep_the_others_waiting():
    turns = queue("a", "a", "a", "b", "c", "b")
    assert [ticket.person for ticket in turns.in_order()[1]] == list("abcaba")
    assert served(turns, 6) == "abcaba"


def test_one_who_has_had_a_turn_is_behind_one_who_has_had_none():
    turns = queue("a", "a")
    first = turns.take()
    turns.join(Ticket("b"))
    assert [ticket.person for ticket in turns.in_order()[1]] == list("ba")
    turns.end(first)
    assert served(turns, 2) == "ba"


def test_as_many_run_as_may_and_the_next_when_one_has_ended():
    turns = queue("a", "b", "c", running=2)
    first, _ = turns.take(), turns.take()
    taken = []
    waiting = threading.Thread(target=lambda: taken.append(turns.take()), daemon=True)
    waiting.start()
    waiting.join(0.3)
    assert taken == []
    turns.end(first)
    waiting.join(10)
    assert [ticket.person for ticket in taken] == ["c"]


def test_one_that_must_be_alone_waits_for_those_before_it_and_keeps_those_behind_it():
    turns = queue("a", "!", "a", "b", running=2)
    first = turns.take()
    assert turns._next() is None
    turns.end(first)
    alone = turns.take()
    assert alone.alone
    assert turns._next() is None
    turns.end(alone)
    assert {turns.take().person, turns.take().person} == {"a", "b"}


def test_one_may_leave_while_it_waits():
    turns = queue("a", "b")
    running = turns.take()
    waiting = turns.in_order()[1][0]
    assert turns.leave(waiting)
    assert not turns.leave(waiting)
    assert not turns.leave(running)
    assert turns.in_order() == ([running], [])


def test_only_so_many_may_wait():
    turns = queue("a", "b", waiting=2)
    with pytest.raises(SparkLimeError, match="The queue of this server is full: at most 2 may wait"):
        turns.join(Ticket("c"))
    turns.take()
    turns.join(Ticket("c"))


def test_the_operator_sets_the_limits(monkeypatch):
    monkeypatch.delenv("SPARKLIME_RUNNING", raising=False)
    monkeypatch.setenv("SPARKLIME_WAITING", "3")
    assert QueueLimits.from_environment() == QueueLimits(2, 3)
    monkeypatch.setenv("SPARKLIME_RUNNING", "none")
    with pytest.raises(SparkLimeError, match="SPARKLIME_RUNNING must be a whole number from 1 on, not 'none'"):
        QueueLimits.from_environment()
