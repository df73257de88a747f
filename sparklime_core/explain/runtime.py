"""While rows are explained: seconds by phase, one BLAS thread, and a bar of progress.

A phase inside another one is the inner one's time alone, so that the phases add up.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Any

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


def one_blas_thread() -> AbstractContextManager[Any]:
    """Return a context in which numpy and scipy use one BLAS thread."""
    limit: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limit


@cache
def _controller() -> Any:
    """Look for the BLAS libraries once: that takes milliseconds."""
    from threadpoolctl import ThreadpoolController  # noqa: PLC0415 - schemas need only the phases

    return ThreadpoolController()


def counted(blocks: Iterable[slice], rows: int, *, progress: bool) -> Iterator[slice]:
    """Yield blocks of rows; with `progress` a bar counts them, in a terminal or a notebook."""
    if not progress:
        yield from blocks
        return
    from tqdm.auto import tqdm  # noqa: PLC0415 - executors need none

    with tqdm(total=rows, unit="row") as bar:
        for block in blocks:
            yield block
            bar.update(block.stop - block.start)
