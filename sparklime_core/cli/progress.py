"""Progress on standard error: a bar on a terminal or in a notebook; in a file, counts now and then."""

import shutil
import sys
import threading
import time

from tqdm.auto import tqdm

from sparklime_core.cli.output import complain
from sparklime_core.jobs.runner import Progress
from sparklime_core.printable import printable

TEXT, BAR = "{desc}", "[{bar:24}] {desc}"
LOG_EVERY = 10.0
"""Seconds between two lines where nothing can be drawn again."""


class ProgressLine:
    """Writes to standard error, so that standard output holds results only."""

    def __init__(self) -> None:
        self._drawn = sys.stderr.isatty() or _in_notebook()
        self._logged = float("-inf")
        tqdm.set_lock(threading.RLock())  # its own lock is for several processes; here one draws
        self._bar = tqdm(
            file=sys.stderr,
            leave=False,
            ascii=".#",
            bar_format=TEXT,
            ncols=shutil.get_terminal_size().columns,
            disable=not self._drawn,
        )

    def say(self, text: str) -> None:
        """Show on a terminal what is being done now."""
        self._draw(f"{text} …", TEXT)

    def warn(self, sentence: str) -> None:
        """Print a warning on a line of its own."""
        self._bar.clear()
        complain(f"sparklime: warning: {sentence}")

    def show(self, progress: Progress) -> None:
        """Show how far a run is."""
        if progress.stage != "explaining":
            return
        self.count(progress.done, progress.rows, _counts(progress))

    def count(self, done: int, whole: int, text: str) -> None:
        """Show how much of something is done."""
        if self._drawn:
            self._bar.total, self._bar.n = whole, done
            self._draw(text, BAR)
        elif time.monotonic() - self._logged >= LOG_EVERY:
            self._logged = time.monotonic()
            complain(text)

    def close(self) -> None:
        """Clear the line."""
        self._bar.close()

    def _draw(self, text: str, form: str) -> None:
        self._bar.bar_format = form
        self._bar.set_description_str(printable(text))  # it holds names of files


def _in_notebook() -> bool:
    """Whether a kernel runs this; that a library has imported Jupyter's packages says nothing."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


def _counts(progress: Progress) -> str:
    parts = [f"{progress.done}/{progress.rows} rows explained"]
    if progress.failed:
        parts.append(f"{progress.failed} failed")
    if progress.rows_per_second is not None:
        parts.append(f"{progress.rows_per_second:.0f} rows/s")
    if progress.remaining_seconds:
        parts.append(f"{progress.remaining_seconds:.0f} s left")
    return ", ".join(parts)
