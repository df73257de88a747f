"""What explaining takes time for: seconds by phase, in the thread that works.

A phase inside another one is the inner one's time alone, so that the phases add up.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

PHASES = ("load", "model", "algebra", "packing")
"""Loading what was broadcast, with the imports that it needs; the model's predictions; everything that an engine
computes from them; laying the result out and serialising it."""


class _Clock(threading.local):
    def __init__(self) -> None:
        self.seconds = dict.fromkeys(PHASES, 0.0)
        self.phase: str | None = None
        self.since = 0.0

    def turn_to(self, phase: str | None) -> str | None:
        """Book the time since the last turn, and return the phase that it went to."""
        now = time.perf_counter()
        before = self.phase
        if before is not None:
            self.seconds[before] += now - self.since
        self.phase, self.since = phase, now
        return before


_clock = _Clock()


@contextmanager
def phase(name: str) -> Iterator[None]:
    """Book the time of this block under one of the `PHASES`."""
    outer = _clock.turn_to(name)
    try:
        yield
    finally:
        _clock.turn_to(outer)


def take_seconds() -> dict[str, float]:
    """Return the seconds by phase since they were last taken in this thread, and begin again from 0."""
    taken = _clock.seconds
    _clock.seconds = dict.fromkeys(PHASES, 0.0)
    return taken
