"""What is on the disk when a process is killed, or when the disk is full: never half a file, never a lost wave."""

import dataclasses
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from sparklime_core import SparkLimeError, build_explainer, load_sample, train_forest
from sparklime_core.atomic_files import UNFINISHED
from sparklime_core.explain.explain_rows import explain_rows
from sparklime_core.explain.schema import TASK_SCHEMA
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.explain.task import BLOCK_ROWS
from sparklime_core.jobs.plan import RunPlan
from sparklime_core.process_identity import Owner
from sparklime_core.runs.manifest import RunState
from sparklime_core.runs.query import rows
from sparklime_core.runs.run import Run
from sparklime_core.runs.run_files import TAKEN
from tests.disks import fill, small_disk
from tests.finished_run import counted

ROWS = BLOCK_ROWS + 4

KILLED_BEFORE_THE_SECOND_FILE = """
import os, signal, sys
from sparklime_core.runs import run as module
write = module.write_part
def write_and_die(table, path):
    if path.name.startswith("wave"):
        os.kill(os.getpid(), signal.SIGKILL)
    write(table, path)
module.write_part = write_and_die
"""
KILLED_IN_THE_MIDDLE_OF_A_FILE = """
import os, signal, sys
from sparklime_core.runs import stored_tables
from sparklime_core.runs import run as module
write = stored_tables.pq.write_table
def write_half_and_die(table, path, **options):
    write(table, path, **options)
    os.truncate(path, os.path.getsize(path) // 2)
    os.kill(os.getpid(), signal.SIGKILL)
stored_tables.pq.write_table = write_half_and_die
"""
APPEND = """
from pathlib import Path
run = module.Run(Path(sys.argv[1]))
run.update(owner=module.Owner.this_process())
run.append(0, [0], pq_read(sys.argv[2]), pq_read(sys.argv[3]))
"""


@pytest.fixture(scope="module")
def plan():
    dataset = load_sample("penguins")
    settings = ExplainSettings(num_samples=100)
    return RunPlan(dataset, train_forest(dataset, n_estimators=5), settings, rows=ROWS)


@pytest.fixture(scope="module")
def explained(plan):
    rows = plan.dataset.features[plan.row_ids()]
    return explain_rows(build_explainer(plan.dataset), plan.model.predict_fn, rows, num_samples=100)


def tasks(wave, rows):
    task = dict.fromkeys(TASK_SCHEMA.names)
    return pa.Table.from_pylist([{**task, "wave": wave, "executor": "0", "rows": rows}], schema=TASK_SCHEMA)


def append_second(run, explained):
    run.append(1, [1], explained.slice(BLOCK_ROWS), tasks(1, 4))


def append_first(run, explained, wave=0):
    run.append(wave, [0], explained.slice(0, BLOCK_ROWS), tasks(wave, BLOCK_ROWS))


def is_whole(run, explained):
    whole = pq.read_table(run.folder / "explanations.parquet")
    done = pq.read_table(run.folder / "tasks.parquet")
    return whole.equals(explained) and pc.sum(done["rows"]).as_py() == ROWS


def killed_while_it_appends(run, explained, how, folder):
    """Let another process append the first wave, and be killed by itself on the way."""
    pq.write_table(explained.slice(0, BLOCK_ROWS), folder / "explained.parquet")
    pq.write_table(tasks(0, BLOCK_ROWS), folder / "tasks.parquet")
    script = "from pyarrow.parquet import read_table as pq_read\n" + how + APPEND
    command = [sys.executable, "-c", script, run.folder, folder / "explained.parquet", folder / "tasks.parquet"]
    ended = subprocess.run(list(map(str, command)), check=False, capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr


@pytest.mark.parametrize("how", [KILLED_BEFORE_THE_SECOND_FILE, KILLED_IN_THE_MIDDLE_OF_A_FILE])
def test_a_wave_that_a_killed_process_was_writing_is_explained_again_and_counted_once(
    plan, explained, tmp_path, how
):
    run = Run.create(tmp_path / "run", plan.manifest("local[2]"), plan.inputs())
    append_second(run, explained)
    killed_while_it_appends(run, explained, how, tmp_path)
    left = [path for path in (run.folder / "parts").iterdir() if path.name != TAKEN]
    assert len(left) == 3  # a whole wave, and what the killed process left

    assert run.manifest().state is RunState.INTERRUPTED
    assert run.finished_blocks() == ({1}, 2)
    assert counted(run) == (4, 0)
    assert rows.tasks(run)["wave"].tolist() == [1]

    run.take_over()
    assert not list(run.folder.rglob(f"*{UNFINISHED}"))
    append_first(run, explained, wave=2)
    run.finish(RunState.FINISHED)
    assert is_whole(run, explained)


def test_a_killed_process_may_leave_a_run_joined_in_part(plan, explained, tmp_path, monkeypatch):
    run = Run.create(tmp_path / "run", plan.manifest("local[2]"), plan.inputs())
    append_first(run, explained)
    append_second(run, explained)
    monkeypatch.setattr(Run, "update", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        run.finish(RunState.FINISHED)
    monkeypatch.undo()
    assert run.manifest().state is RunState.INTERRUPTED
    assert run.finished_blocks() == ({0, 1}, 2)
    run.take_over()
    run.finish(RunState.FINISHED)
    assert is_whole(run, explained)


@pytest.fixture
def on_a_small_disk(plan, tmp_path):
    with small_disk(tmp_path / "disk", 2) as disk:
        yield Run.create(disk / "run", plan.manifest("local[2]"), plan.inputs())


def test_a_full_disk_costs_the_wave_and_not_the_run(on_a_small_disk, explained):
    run = on_a_small_disk
    append_first(run, explained)
    filler = fill(run.folder.parent)
    with pytest.raises(SparkLimeError, match="the disk is full; make room there and resume the run"):
        append_second(run, explained)
    assert not list(run.folder.rglob(f"*{UNFINISHED}"))
    assert run.finish(RunState.FAILED, error="the disk is full").state is RunState.FAILED
    assert run.manifest().error == "the disk is full"
    assert counted(run) == (BLOCK_ROWS, 0)

    filler.unlink()
    run.take_over()
    append_second(run, explained)
    run.finish(RunState.FINISHED)
    assert is_whole(run, explained)


def test_a_disk_that_fills_when_the_parts_are_joined(on_a_small_disk, explained):
    run = on_a_small_disk
    append_first(run, explained)
    append_second(run, explained)
    filler = fill(run.folder.parent)
    with pytest.raises(SparkLimeError, match="the disk is full"):
        run.finish(RunState.FINISHED)
    run.finish(RunState.FAILED, error="the disk is full")
    assert not (run.folder / "explanations.parquet").exists()
    assert counted(run) == (ROWS, 0)

    filler.unlink()
    run.take_over()
    run.finish(RunState.FINISHED)
    assert is_whole(run, explained)


def test_a_run_whose_end_cannot_be_written_down_can_be_resumed(on_a_small_disk, explained):
    run = on_a_small_disk
    append_first(run, explained)
    (run.folder / "reserve").unlink()
    filler = fill(run.folder.parent)
    with pytest.raises(SparkLimeError, match="the disk is full"):
        run.finish(RunState.FAILED, error="the disk is full")
    # This process is the owner and alive, but works on it no more.
    assert run.manifest().state is RunState.INTERRUPTED
    filler.unlink()
    run.take_over()
    assert run.manifest().state is RunState.RUNNING


def test_a_run_is_not_begun_on_a_full_disk(plan, tmp_path):
    with small_disk(tmp_path / "disk", 1) as disk:
        fill(disk)
        with pytest.raises(SparkLimeError, match="the disk is full"):
            Run.create(disk / "run", plan.manifest("local[2]"), plan.inputs())
        assert not (disk / "run").exists()


def test_two_changes_of_a_manifest_at_once_are_both_kept(plan, tmp_path):
    run = Run.create(tmp_path / "run", plan.manifest("local[2]"), plan.inputs())
    owner = dataclasses.replace(Owner.this_process(), host="elsewhere")
    with ThreadPoolExecutor(2) as pool:
        for number in range(20):
            both = [
                pool.submit(run.update, title=f"t{number}"),
                pool.submit(run.update, owner=owner, seconds=number),
            ]
            for one in both:
                one.result()
            assert (run.manifest().title, run.manifest().seconds) == (f"t{number}", number)
