"""Work that a person may cancel while it cannot be interrupted."""

import threading

import pytest

from sparklime_core.errors import CancelledError
from sparklime_core.waiting import unless_cancelled


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


def test_what_is_wanted_is_waited_for_and_its_error_is_told():
    assert unless_cancelled(lambda: 7, threading.Event()) == 7
    with pytest.raises(TimeoutError, match="its own"):
        unless_cancelled(lambda: (_ for _ in ()).throw(TimeoutError("its own")), threading.Event())
