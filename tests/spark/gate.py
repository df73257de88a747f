"""A gate that a test holds: a model waits at it on the executors, until the test lets it go on."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dill
import numpy as np
import psutil

SECONDS = 240
"""How long a test waits for what must come: the most that a slow machine takes, and a measure of nothing."""


class GuardedModel:
    """A model of one predict function, which is pickled by value: executors need not have what it is made of."""

    def __init__(self, predict_proba: Callable[..., Any]) -> None:
        self.predict_proba = predict_proba

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[bytes]]:
        return dill.loads, (dill.dumps(SimpleNamespace(predict_proba=self.predict_proba), recurse=True),)


@dataclass(frozen=True)
class Gate:
    """A folder in which whoever waits leaves a file named after its process, until there is a file ``open``."""

    folder: Path

    def guard(self, predict_fn: Callable[..., Any], row: np.ndarray) -> Callable[..., Any]:
        """Return a predict function that waits at the gate where a row (d,) is among those to predict.

        Only on the executors: this process itself passes.
        """
        folder, wanted, here = str(self.folder), np.asarray(row), os.getpid()

        # A function of a function: dill sends it by value, so the executors need not have this module.
        def predict_at_gate(values):
            if os.getpid() != here and (values == wanted).all(axis=1).any():
                place = Path(folder)
                (place / str(os.getpid())).touch()
                while place.is_dir() and not (place / "open").exists():
                    time.sleep(0.02)
            return predict_fn(values)

        return predict_at_gate

    def waiting(self) -> list[psutil.Process]:
        """Return the processes that wait, and live."""
        if (self.folder / "open").exists():
            return []
        pids = [int(path.name) for path in self.folder.iterdir() if path.name.isdigit()]
        return [psutil.Process(pid) for pid in sorted(pids) if psutil.pid_exists(pid)]

    def open(self) -> None:
        """Let everybody go on, now and later."""
        (self.folder / "open").touch()

    def close(self) -> None:
        """Let nobody pass from now on; nobody waits yet."""
        for path in self.folder.iterdir():
            path.unlink()

    @contextlib.contextmanager
    def hold(
        self, action: Callable[[], Any], reached: Callable[[], object] = lambda: True
    ) -> Iterator["Future[Any]"]:
        """Do something in another thread, and go on here when a process waits at the gate and more is so.

        The gate is open when the block ends, however it ends.
        """
        with ThreadPoolExecutor(1) as pool:
            ended = pool.submit(action)
            try:
                wait_for(lambda: ended.done() or (self.waiting() and reached()))
                if ended.done():
                    raise AssertionError(f"it did not come to the gate: {ended.result()}")
                yield ended
            finally:
                self.open()


def wait_for(condition: Callable[[], object], seconds: float = SECONDS) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("what the test waits for has not come")
        time.sleep(0.05)


def kill(processes: list[psutil.Process]) -> None:
    """Kill processes, and see that they are gone."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    wait_for(lambda: all(is_gone(process) for process in processes))


def is_gone(process: psutil.Process) -> bool:
    """Whether a process has ended, even where its parent has not taken note."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
