"""Work that a person may cancel while it cannot be interrupted."""

import threading
import time

import pytest

from sparklime_core.errors import CancelledError
from sparklime_core.waiting import GaveUpError, after, call, passed, unless_cancelled, wait_for


def test_what_is_no_longer_wanted_is_not_waited_for_and_undone():
    cancel, go_on, undone = threading.Event(), threading.Event(), threading.Event()

    def slow():
        go_on.wait(240)
        return "made"

    threading.Timer(0.1, cancel.set).start()
    with pytest.raises(CancelledError):
        unless_cancelled(slow, cancel, lambda made: undone.set() if made == "made" else None)
    assert not undone.is_set()
    go_on.set()
    assert undone.wait(240)


def test_an_action_that_lasts_is_looked_after():
    go_on, looks = threading.Event(), []

    def look():
        looks.append(None)
        if len(looks) == 3:
            go_on.set()

    assert call(lambda: go_on.wait(240), meanwhile=look)
    assert len(looks) >= 3


def test_an_action_that_takes_too_long_is_given_up():
    go_on = threading.Event()
    with pytest.raises(GaveUpError):
        call(lambda: go_on.wait(240), passed(time.monotonic() - 1))
    go_on.set()


def test_something_is_looked_for_until_it_is_there_or_given_up():
    seen = iter([None, 0, "there"])
    assert wait_for(lambda: next(seen), lambda: False) == "there"
    late = iter([(), ("at last",)])
    assert wait_for(lambda: next(late), lambda: True) == ("at last",)
    assert wait_for(lambda: None, after(0)) is None


def test_what_is_wanted_is_waited_for_and_its_error_is_told():
    assert unless_cancelled(lambda: 7, threading.Event()) == 7
    with pytest.raises(TimeoutError, match="its own"):
        unless_cancelled(lambda: (_ for _ in ()).throw(TimeoutError("its own")), threading.Event())
