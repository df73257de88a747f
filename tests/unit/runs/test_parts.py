"""A run whose executors write: parts appear whole, only while their attempt lasts, and stay the run's results."""

import errno
import os
import shutil
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from sparklime_core.errors import RunError, SettingsError
from sparklime_core.explain.schema import STABILITY_SCHEMA
from sparklime_core.explain.task import BLOCK_ROWS
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.manifest import EXECUTORS_WRITE, RunState, writers_from_environment
from sparklime_core.runs.query.rows import count_found
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.unit.runs.waves import tasks, work

CUT = 200
"""The first row of the second block."""


@pytest.fixture
def written(plan, tmp_path):
    """A run whose executors write."""
    return RunStore(tmp_path).create(replace(plan.manifest("spark://"), writers="executors"), plan.inputs())


@pytest.fixture
def parts(written, plan):
    return written.begin_attempt(plan.dataset.features[: BLOCK_ROWS + 4], plan.row_ids(), CUT)


def write(parts, explained, first, **more):
    rows = explained.slice(0, CUT) if first == 0 else explained.slice(CUT)
    ids = rows["row_id"].to_pylist()
    tables = {"wave": rows, "tasks": tasks(first, len(ids)), "blocks": work(first, ids[0], ids[-1]), **more}
    return parts.write(first, [first], tables)


def test_rows_are_read_block_by_block(parts, plan):
    rows, row_ids = parts.read(1)
    assert row_ids.tolist() == list(range(CUT, BLOCK_ROWS + 4))
    assert (rows == plan.dataset.features[CUT : BLOCK_ROWS + 4]).all()


def test_parts_stay_the_results_of_a_finished_run(written, parts, explained):
    assert write(parts, explained, 1) == (BLOCK_ROWS + 4 - CUT, 0)
    assert written.finished_blocks()[0] == {1}
    assert write(parts, explained, 0) == (CUT, 1)
    ended = written.finish(RunState.FINISHED)
    assert (ended.rows_explained, ended.rows_failed) == (BLOCK_ROWS + 4, 1)
    assert pq.read_table(written.folder / "explanations.parquet").equals(explained)
    assert sorted(path.name for path in (written.folder / "explanations.parquet").iterdir()) == [
        "wave-000000000.parquet",
        "wave-000000001.parquet",
    ]
    assert not list((written.folder / "parts").glob("attempt-*"))
    written.tidy()
    assert len(written.explanation_files()) == len(written.task_files()) == len(written.block_files()) == 2
    assert count_found(written, RowFilter()) == BLOCK_ROWS + 4
    # The index that the page has made is not among the results.
    assert pq.read_table(written.folder / "explanations.parquet").equals(explained)
    written.discard()
    assert not written.folder.exists()


@pytest.mark.parametrize("end", [lambda run: run.finish(RunState.CANCELLED), lambda run: run.take_over()])
def test_an_executor_of_an_ended_attempt_adds_nothing(written, parts, explained, end):
    write(parts, explained, 1)
    written.update(state=RunState.FAILED)
    end(written)
    with pytest.raises(RunError, match=r"cannot use the folder .*: the run has ended, or was resumed, while"):
        write(parts, explained, 0)
    assert written.finished_blocks()[0] == {1}
    assert len(list((written.folder / "tasks.parquet").iterdir())) == 1


def test_a_part_that_cannot_be_put_in_place_leaves_nothing(written, parts, explained):
    shutil.rmtree(written.folder / "explanations.parquet")
    with pytest.raises(RunError, match="No such file or directory"):
        write(parts, explained, 0)
    assert sorted(path.name for path in parts.attempt.iterdir()) == ["row_ids.npy", "rows.npy"]
    assert written.finished_blocks()[0] == set()


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (errno.ENOSPC, "the disk is full; make room there and resume the run"),
        (errno.EDQUOT, "the disk is full; make room there and resume the run"),
        (errno.EACCES, "executors that write must run as the user who explains"),
        (errno.EIO, "where executors write, a run must be in a folder that all of them reach by the same path"),
    ],
)
def test_what_the_disk_refuses_is_said_with_what_to_do(parts, explained, monkeypatch, code, advice):
    def refuse(*_arguments):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(RunError, match=rf"\({os.strerror(code)}\): {advice}"):
        write(parts, explained, 0)


def test_a_machine_that_does_not_reach_the_folder_says_so(parts, tmp_path):
    elsewhere = replace(parts, attempt=tmp_path / "not" / "here" / "attempt-1")
    with pytest.raises(RunError, match="a folder that all of them reach by the same path"):
        elsewhere.read(0)


def test_a_part_that_is_gone_from_a_finished_run_is_missed(written, parts, explained):
    write(parts, explained, 0)
    write(parts, explained, 1)
    written.finish(RunState.FINISHED)
    (written.folder / "explanations.parquet" / "wave-000000001.parquet").unlink()
    with pytest.raises(RunError, match=f"has {CUT} of the {BLOCK_ROWS + 4} rows that were explained"):
        Run(written.folder).explanation_files()


@pytest.mark.parametrize("kind", ["tasks", "blocks"])
def test_a_part_of_tasks_or_blocks_that_is_gone_is_missed(written, parts, explained, kind):
    write(parts, explained, 0)
    write(parts, explained, 1)
    written.finish(RunState.FINISHED)
    ask = {"tasks": written.task_files, "blocks": written.block_files}[kind]
    assert len(ask()) == 2
    folder = written.folder / f"{kind}.parquet"
    (folder / f"{kind}-000000000.parquet").unlink()
    with pytest.raises(RunError, match=rf"{kind}\.parquet has 1 of 2 parts"):
        ask()
    shutil.rmtree(folder)
    with pytest.raises(RunError, match=rf"{kind}\.parquet is missing"):
        ask()


@pytest.mark.parametrize("stability", [0, 2])
def test_a_part_of_stability_is_missed_where_it_was_measured(plan, tmp_path, explained, stability):
    manifest = replace(plan.manifest("spark://"), writers="executors", stability=stability)
    run = RunStore(tmp_path).create(manifest, plan.inputs())
    parts = run.begin_attempt(plan.dataset.features[: BLOCK_ROWS + 4], plan.row_ids(), CUT)
    measured = {"stability": STABILITY_SCHEMA.empty_table()} if stability else {}
    write(parts, explained, 0, **measured)
    write(parts, explained, 1, **measured)
    run.finish(RunState.FINISHED)
    assert len(run.stability_files()) == stability
    if stability:
        (run.folder / "stability.parquet" / "stability-000000001.parquet").unlink()
        with pytest.raises(RunError, match=r"stability\.parquet has 1 of 2 parts"):
            run.stability_files()


def test_what_an_executor_that_was_killed_left_is_gone_when_the_run_ends(written, parts, explained):
    write(parts, explained, 0)
    write(parts, explained, 1)
    for kind in ("tasks", "blocks"):
        left = written.folder / f"{kind}.parquet" / f"{kind}-000000007.parquet"
        shutil.copy(left.with_name(f"{kind}-000000001.parquet"), left)
    written.finish(RunState.FINISHED)
    for kind in ("tasks", "blocks"):
        assert pq.read_table(written.folder / f"{kind}.parquet").num_rows == 2


def test_parts_with_the_same_block_are_refused(written, parts, explained):
    write(parts, explained, 0)
    write(parts, explained, 1)
    parts.write(2, [1, 2], {"wave": explained.slice(CUT), "tasks": tasks(2, 60), "blocks": work(2, CUT, 259)})
    with pytest.raises(RunError, match=r"wave-000000002\.parquet has rows that another part has, too"):
        written.finished_blocks()


def test_a_run_with_rows_too_many_or_too_few_does_not_end_as_finished(written, parts, explained):
    write(parts, explained, 0)
    with pytest.raises(RunError, match=f"has {CUT} explained rows where the run has {BLOCK_ROWS + 4}"):
        written.finish(RunState.FINISHED)
    assert written.manifest().state is not RunState.FINISHED


def test_waves_of_a_run_that_goes_on_are_counted_from_its_last_wave(written, parts, explained):
    rows = explained.slice(CUT)
    parts.write(1, [1], {"wave": rows, "tasks": tasks(5, 60), "blocks": work(5, CUT, 259)})
    assert written.finished_blocks() == ({1}, 6)


def test_a_part_that_is_cut_off_is_named(written, parts, explained):
    write(parts, explained, 0)
    write(parts, explained, 1)
    written.finish(RunState.FINISHED)
    part = written.folder / "explanations.parquet" / "wave-000000001.parquet"
    part.write_bytes(part.read_bytes()[:-20])
    with pytest.raises(RunError, match=r"wave-000000001\.parquet is cut off, or another file; delete the run"):
        count_found(written, RowFilter())


def test_the_operator_says_who_writes(monkeypatch):
    monkeypatch.delenv(EXECUTORS_WRITE, raising=False)
    assert writers_from_environment() == "driver"
    monkeypatch.setenv(EXECUTORS_WRITE, "1")
    assert writers_from_environment() == "executors"
    monkeypatch.setenv(EXECUTORS_WRITE, "yes")
    with pytest.raises(SettingsError, match="must be 1 or 0, not 'yes'"):
        writers_from_environment()
