"""The one way to wait: for an action that cannot be interrupted, or for something that comes to be.

Spark, gRPC and other processes are waited for in threads of their own, so that a deadline or a person can end the
waiting at any time.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

from sparklime_core.errors import CancelledError

POLL_SECONDS = 0.05
T = TypeVar("T")


class GaveUpError(Exception):
    """What was waited for has not come in time."""


def passed(deadline: float) -> Callable[[], bool]:
    """Return a function that tells whether a moment on the clock of `time.monotonic` has passed."""
    return lambda: time.monotonic() > deadline


def after(seconds: float) -> Callable[[], bool]:
    """Return a function that tells whether so many seconds have passed from now on."""
    return passed(time.monotonic() + seconds)


def begin(action: Callable[[], T]) -> "Future[T]":
    """Begin an action in a thread of its own, which the end of the process does not wait for."""
    done: Future[T] = Future()

    def work() -> None:
        try:
            done.set_result(action())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            done.set_exception(error)

    threading.Thread(target=work, name="sparklime-action", daemon=True).start()
    return done


def call(
    action: Callable[[], T],
    given_up: Callable[[], bool] = lambda: False,
    *,
    meanwhile: Callable[[], object] = lambda: None,
    undo: Callable[[T], object] | None = None,
) -> T:
    """Return an action's result; it runs in a thread of its own.

    Parameters
    ----------
    action
        It goes on to its end when nobody waits for it any more.
    given_up
        Asked again and again: whether to stop waiting.
    meanwhile
        Done again and again while the action lasts.
    undo
        What is done with the action's result when nobody waits for it any more.

    Raises
    ------
    GaveUpError
        When it was given up; otherwise what the action raises.
    """
    done = begin(action)
    while not given_up():
        wait([done], POLL_SECONDS)
        if done.done():
            return done.result()
        meanwhile()
    if undo is not None:
        done.add_done_callback(lambda ended: None if ended.exception() else undo(ended.result()))
    raise GaveUpError


def unless_cancelled(
    action: Callable[[], T], cancel: threading.Event, undo: Callable[[T], object] | None = None
) -> T:
    """Return an action's result, as `call` does, unless it is cancelled.

    Raises
    ------
    CancelledError
        When it is cancelled; otherwise what the action raises.
    """
    try:
        return call(action, cancel.is_set, undo=undo)
    except GaveUpError:
        raise CancelledError("The run was cancelled.") from None


def wait_for(look: Callable[[], T], given_up: Callable[[], bool]) -> T:
    """Look again and again, until something is there or it is given up; return what was seen last."""
    while not (seen := look()):
        if given_up():
            return look()  # what has ended may have done it at last
        time.sleep(POLL_SECONDS)
    return seen
