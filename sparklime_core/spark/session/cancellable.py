"""Do what cannot be interrupted, and still hear at once that it is no longer wanted."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

from sparklime_core.errors import CancelledError

POLL_SECONDS = 0.1
T = TypeVar("T")


def unless_cancelled(
    action: Callable[[], T], cancel: threading.Event, undo: Callable[[T], object] | None = None
) -> T:
    """Return what an action returns, or raise as soon as it is cancelled.

    Parameters
    ----------
    action
        It runs in a thread of its own, and goes on to its end when nobody waits for it any more.
    cancel
        Set it to stop waiting.
    undo
        What is then done with the action's result.

    Raises
    ------
    CancelledError
        When it is cancelled; otherwise whatever the action raises.
    """
    done: Future[T] = Future()

    def work() -> None:
        try:
            done.set_result(action())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            done.set_exception(error)

    threading.Thread(target=work, name="sparklime-action", daemon=True).start()
    while not cancel.is_set():
        wait([done], POLL_SECONDS)
        if done.done():
            return done.result()
    if undo is not None:
        done.add_done_callback(lambda ended: None if ended.exception() else undo(ended.result()))
    raise CancelledError("The run was cancelled.")
