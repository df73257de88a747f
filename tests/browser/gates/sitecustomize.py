"""Gates in a server and in the executors of its Spark, which a test closes and opens; see `tests.browser.server`.

Python imports this module at its start where this folder is on its path. Work waits while the file of its gate is
in the folder ``gates`` of the server's home, so that a test can look at it in the middle.
"""

import functools
import importlib.util
import os
import sys
import time
from importlib.abc import Loader, MetaPathFinder
from pathlib import Path

FOLDER = Path(os.environ["SPARKLIME_HOME"]) / "gates"


def _closed(gate):
    """Return what the file of a gate holds, or None where the gate is open."""
    try:
        return (FOLDER / gate).read_text()
    except FileNotFoundError:
        return None


def _wait(gate, concerned=lambda _text: True, cancel=None):
    while (text := _closed(gate)) is not None and concerned(text) and not (cancel and cancel.is_set()):
        time.sleep(0.02)


def _hold_executors(logs):
    """Let executors explain the first rows of a run, as many as the file of the gate says."""
    log_row = logs.log_row

    @functools.wraps(log_row)
    def wait_and_log(task, row, row_id, rows):
        _wait("executors", lambda first: row_id != "" and int(row_id) >= int(first))
        log_row(task, row, row_id, rows)

    logs.log_row = wait_and_log


def _hold_race(engines):
    """Let lime wait in its lane, before it explains more than the row that warms it up."""
    explain = engines.PlainLime.explain

    def wait_and_explain(self, rows, on_rows):
        if len(rows) > 1:
            _wait("race", cancel=self._track.cancel)
        return explain(self, rows, on_rows)

    engines.PlainLime.explain = wait_and_explain


def _hold_study(tuning):
    """Let a study wait before it measures anything."""
    run = tuning.TuningStudy.run

    def wait_and_run(self):
        _wait("study", cancel=self._cancel)
        run(self)

    tuning.TuningStudy.run = wait_and_run


HELD = {
    "sparklime_core.spark.executors.logs": _hold_executors,
    "sparklime_core.jobs.race_engines": _hold_race,
    "sparklime_core.jobs.tuning": _hold_study,
}


class _HoldingLoader(Loader):
    """Loads a module, and puts its gate in."""

    def __init__(self, loader, hold):
        self._loader, self._hold = loader, hold

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        self._loader.exec_module(module)
        self._hold(module)


class _Finder(MetaPathFinder):
    """Finds the modules of `HELD` as all others are found."""

    def find_spec(self, name, _path, _target=None):
        if name not in HELD:
            return None
        hold = HELD.pop(name)
        spec = importlib.util.find_spec(name)
        if spec is not None:
            spec.loader = _HoldingLoader(spec.loader, hold)
        return spec


sys.meta_path.insert(0, _Finder())
