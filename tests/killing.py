"""End a child process at every change that it makes to a folder, one after the other."""

import contextlib
import itertools
import multiprocessing
import os
import sys
import types
from collections.abc import Callable, Iterator
from multiprocessing import forkserver
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).parents[1]
PRELOADED = "tests.killing_preload"
NO_SCRIPT = types.ModuleType("__main__")
"""A process first runs the script of its parent's ``__main__``: ``app.py``, once a page was opened there."""

KILLED = 77
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = frozenset({"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "os.truncate", "os.link"})

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload([PRELOADED])


def killed_at_every_change(
    work: Callable[..., object], fresh: Callable[[], Path], *arguments: object, step: int = 1
) -> Iterator[tuple[int, Path]]:
    """Let a process do some work in a folder, and die before its first change of it, its second, and so on.

    Python tells of each change before it is made (its audit events), whichever library makes it. A file that is
    opened to be written, or to be put on the disk, loses half of what it holds when the process dies there: the
    system may not have written all of it.

    Parameters
    ----------
    work
        Is called with the folder and the arguments; it comes to its end when it returns.
    fresh
        Gives the folder for each death.
    step
        How many changes lie between two deaths.

    Yields
    ------
    tuple of int and Path
        The number of the change that was not made, and the folder as it was left.
    """
    with contextlib.chdir(ROOT):  # it finds what it is to import from there, whatever the folder of the first test
        forkserver.ensure_running()
    for change in itertools.count(1, step):
        folder = fresh()
        process = _forks.Process(target=_until_killed, args=(change, folder, work, arguments))
        with mock.patch.dict(sys.modules, __main__=NO_SCRIPT):
            process.start()
        process.join()
        if process.exitcode == 0:
            return
        assert process.exitcode == KILLED, f"the process ended with {process.exitcode} and not at change {change}"
        yield change, folder


def _until_killed(last: int, folder: Path, work: Callable[..., object], arguments: tuple[object, ...]) -> None:
    assert PRELOADED in sys.modules  # otherwise each process takes seconds to import it
    changes = 0

    def count(event: str, values: tuple[Any, ...]) -> None:
        nonlocal changes
        if changes == last or not _is_change(event, values, str(folder)):
            return
        changes += 1
        if changes == last:
            with contextlib.suppress(OSError):
                if event == "open" and os.path.isfile(values[0]):
                    os.truncate(values[0], os.path.getsize(values[0]) // 2)
            os._exit(KILLED)

    sys.addaudithook(count)
    work(folder, *arguments)
    os._exit(0)  # what an interpreter does at its end is no part of the work


def _is_change(event: str, values: tuple[Any, ...], folder: str) -> bool:
    if event == "open":
        path, _, flags = values
        # A folder is opened when its names are put on the disk.
        return _is_in(path, folder) and (bool(flags & WRITES) or os.path.isdir(path))
    below_a_descriptor = event in ("os.remove", "os.rmdir") and values[-1] >= 0
    return event in CHANGES and (below_a_descriptor or _is_in(values[0], folder))


def _is_in(path: Any, folder: str) -> bool:
    return isinstance(path, str | os.PathLike) and os.fspath(path).startswith(folder)
