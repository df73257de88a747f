"""Progress on a terminal: one line that is drawn again; in a log file, a line of counts now and then."""

import sys
import threading
import time
from typing import TYPE_CHECKING

from sparklime_core.cli.output import complain
from sparklime_core.printable import printable

if TYPE_CHECKING:
    from sparklime_core.jobs.runner import Progress

BAR = 24
LOG_EVERY = 10.0
"""Seconds between two lines where standard error is no terminal."""


class ProgressLine:
    """Writes to standard error, so that standard output holds results only."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._width = 0
        self._logged = float("-inf")
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        """Show on a terminal what is being done now."""
        with self._lock:
            if self._terminal:
                self._draw(f"{text} …")

    def show(self, progress: "Progress") -> None:
        """Show how far a run is."""
        if progress.stage != "explaining":
            return
        with self._lock:
            if self._terminal:
                self._draw(_drawn(progress))
            elif time.monotonic() - self._logged >= LOG_EVERY:
                self._logged = time.monotonic()
                complain(_counts(progress))

    def close(self) -> None:
        """Clear the line."""
        with self._lock:
            if self._terminal and self._width:
                sys.stderr.write("\r" + " " * self._width + "\r")
                sys.stderr.flush()
                self._width = 0

    def _draw(self, text: str) -> None:
        text = printable(text)  # it holds names of files
        sys.stderr.write("\r" + text.ljust(self._width))
        sys.stderr.flush()
        self._width = len(text)


def _drawn(progress: "Progress") -> str:
    filled = BAR * progress.done // max(progress.rows, 1)
    return f"[{'#' * filled}{'.' * (BAR - filled)}] {_counts(progress)}"


def _counts(progress: "Progress") -> str:
    parts = [f"{progress.done}/{progress.rows} rows explained"]
    if progress.failed:
        parts.append(f"{progress.failed} failed")
    if progress.rows_per_second is not None:
        parts.append(f"{progress.rows_per_second:.0f} rows/s")
    if progress.remaining_seconds:
        parts.append(f"{progress.remaining_seconds:.0f} s left")
    return ", ".join(parts)
