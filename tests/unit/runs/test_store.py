"""The runs of a folder."""

import pytest

from sparklime_core import SparkLimeError
from sparklime_core.runs.manifest import RunState
from sparklime_core.runs.store import RunStore


def test_the_store_lists_opens_and_deletes(plan, tmp_path):
    store = RunStore(tmp_path / "runs")
    assert store.runs() == []
    run = store.create(plan.manifest("local[2]"), plan.inputs())
    assert [found.id for found in store.runs()] == [run.id]
    assert "penguins" in run.id
    with pytest.raises(SparkLimeError, match="still running"):
        store.delete(run.id)
    run.finish(RunState.CANCELLED)
    store.delete(run.id)
    assert store.runs() == []


@pytest.mark.parametrize(
    "run_id", ["nothing", "../outside", "..", ".", "", "/etc", "a" * 300, "a\0b", "x/../../outside"]
)
def test_only_runs_of_the_store_are_opened(tmp_path, run_id):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "run.json").write_text("{}")
    with pytest.raises(SparkLimeError, match="no run"):
        RunStore(tmp_path / "runs").open(run_id)
