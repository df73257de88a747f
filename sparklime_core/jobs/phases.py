"""`Phases`: how long a run reads, connects, trains, explains and writes."""

import time
from collections.abc import Mapping


class Phases:
    """Wall time by phase; each lasts until the next one begins.

    Parameters
    ----------
    seconds
        Seconds by phase of earlier attempts at the same run.
    """

    def __init__(self, seconds: Mapping[str, float] | None = None) -> None:
        self._seconds = dict(seconds or {})
        self._name: str | None = None
        self._since = 0.0

    def begin(self, name: str) -> None:
        """End the phase that lasts, and begin another."""
        now = time.monotonic()
        if self._name is not None:
            self._seconds[self._name] = self._seconds.get(self._name, 0.0) + now - self._since
        self._name, self._since = name, now

    def seconds(self) -> dict[str, float]:
        """Return the seconds of each phase, the one that lasts included."""
        if self._name is not None:
            self.begin(self._name)
        return dict(self._seconds)
