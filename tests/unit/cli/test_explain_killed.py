"""Wherever ``explain`` is killed, ``--resume`` and the same command end with the undisturbed result."""

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

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


WAYS = (["--resume"], [])
"""How a run is finished: resumed, or by the same command once more."""


@pytest.mark.parametrize("in_turns", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_a_run_that_is_killed_at_any_change_is_finished(fresh, tmp_path, in_turns: bool) -> None:
    """Finish each killed run both ways or, which takes half as long, the ways in turns."""
    undisturbed = fresh()
    assert explain_here(undisturbed) == 0
    wanted = pq.read_table(undisturbed / "out" / "explanations.parquet")

    changes, states = 0, set()
    for changes, folder in killed_at_every_change(explain_here, fresh):
        if (folder / "out" / "run.json").exists():
            states.add(Run(folder / "out").manifest().state)
        for way, options in enumerate(WAYS[changes % 2 :][:1] if in_turns else WAYS):
            left = tmp_path / f"left-{changes}-{way}"
            shutil.copytree(folder, left)
            assert explain_here(left, *options) == 0, (changes, options)
            assert pq.read_table(left / "out" / "explanations.parquet").equals(wanted), (changes, options)
            assert {path.name for path in (left / "out").iterdir()} == WHOLE, (changes, options)
            assert Run(left / "out").manifest().rows_explained == len(wanted)
            assert len(pq.read_table(left / "out" / "tasks.parquet")) == BLOCKS
    assert changes > 40
    assert states == {RunState.HALF_MADE, RunState.INTERRUPTED, RunState.FINISHED}
