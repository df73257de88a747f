"""Wherever ``explain`` is killed, ``--resume`` and the same command end with the undisturbed result."""

import io
import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow.parquet as pq
import pytest

from sparklime_core.limited.process import Answer
from sparklime_core.runs.manifest import RunState
from sparklime_core.runs.run import Run
from tests.explain_here import BLOCKS, TABLE, explain_here
from tests.killing import killed_at_every_change

WHOLE = {"run.json", "explanations.parquet", "tasks.parquet", "blocks.parquet", "data.parquet", "model.skops"}


@pytest.fixture
def fresh(tmp_path: Path) -> Callable[[], Path]:
    """Give a new folder with a table at each call."""
    numbers = itertools.count()

    def folder() -> Path:
        made = tmp_path / f"{next(numbers)}"
        made.mkdir()
        (made / "table.csv").write_text(TABLE)
        return made

    return folder


def explain_alone(folder: Path, *options: str) -> int:
    """Explain with the table read in this process, too: each killed one would load a reader of its own."""
    with mock.patch("sparklime_core.data.read_limited.call_limited", _call_here):
        return explain_here(folder, *options)


def _call_here(function: Callable[..., Any], *arguments: object, **_limits: object) -> Answer:
    file = io.BytesIO()
    return Answer(function(file, *arguments), file.getvalue())


WAYS = (["--resume"], [])
"""How a run is finished: resumed, or by the same command once more."""


@pytest.mark.parametrize("thorough", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_run_that_is_killed_at_any_change_is_finished(fresh, tmp_path, thorough: bool) -> None:
    """Finish runs killed at every fifth change, the ways in turns; or at every change, both ways."""
    undisturbed = fresh()
    assert explain_alone(undisturbed) == 0
    wanted = pq.read_table(undisturbed / "out" / "explanations.parquet")

    changes, states = 0, set()
    for changes, folder in killed_at_every_change(explain_alone, fresh, step=1 if thorough else 5):
        if (folder / "out" / "run.json").exists():
            states.add(Run(folder / "out").manifest().state)
        for way, options in enumerate(WAYS if thorough else WAYS[changes % 2 :][:1]):
            left = tmp_path / f"left-{changes}-{way}"
            shutil.copytree(folder, left)
            assert explain_alone(left, *options) == 0, (changes, options)
            assert pq.read_table(left / "out" / "explanations.parquet").equals(wanted), (changes, options)
            assert {path.name for path in (left / "out").iterdir()} == WHOLE, (changes, options)
            assert Run(left / "out").manifest().rows_explained == len(wanted)
            assert len(pq.read_table(left / "out" / "tasks.parquet")) == BLOCKS
    assert changes > 40
    assert states == {RunState.HALF_MADE, RunState.INTERRUPTED, RunState.FINISHED}
