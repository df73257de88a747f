"""A run on disk, while it lasts and afterwards."""

import json
import os
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sparklime_core import SparkLimeError
from sparklime_core.explain.schema import RESULT_SCHEMA, STABILITY_SCHEMA
from sparklime_core.explain.task import BLOCK_ROWS
from sparklime_core.process_identity import Owner
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.manifest import Manifest, RunState
from sparklime_core.runs.query import rows
from sparklime_core.runs.query.rows import density, filtered, find_rows, index_rows
from sparklime_core.runs.query.weights import WeightLabel, weight_totals
from sparklime_core.runs.run import Run
from sparklime_core.runs.run_files import TAKEN
from sparklime_core.runs.stored_tables import PARTS
from tests.unit.runs.waves import append_both, tasks


def test_a_finished_run_holds_its_results_in_row_order(run, explained):
    append_both(run, explained)
    run.finish(RunState.FINISHED)
    found = pq.read_table(run.folder / "explanations.parquet")
    assert found.schema.equals(RESULT_SCHEMA)
    assert found.equals(explained)
    assert pq.read_table(run.folder / "tasks.parquet")["executor"].to_pylist() == ["0", "1"]
    manifest = json.loads((run.folder / "run.json").read_text())
    assert manifest["state"] == "finished"
    assert manifest["seed"] == 0
    assert (manifest["rows_explained"], manifest["rows_failed"]) == (260, 1)
    assert manifest["versions"]["lime"] == "0.2.0.1"


def test_a_wave_that_was_only_half_written_counts_for_nothing(run, explained):
    append_both(run, explained)
    (run.folder / "parts" / "wave-00001.parquet").unlink()
    assert rows.explained_by(run, 256) is None
    assert rows.tasks(run)["rows"].tolist() == [BLOCK_ROWS]
    assert run.finished_blocks() == ({0}, 1)


def test_each_wave_is_another_version_of_the_results(run, explained):
    versions = [run.version()]
    run.append(0, [0], explained.slice(0, BLOCK_ROWS), tasks(0, BLOCK_ROWS))
    versions.append(run.version())
    run.append(1, [1], explained.slice(BLOCK_ROWS), tasks(1, 4))
    versions.append(run.version())
    run.finish(RunState.FINISHED)
    versions.append(run.version())
    assert len(set(versions)) == 4
    assert Run(run.folder).version() == versions[-1]


def test_no_question_reads_the_manifest_again(run, explained, monkeypatch):
    append_both(run, explained)
    run.finish(RunState.FINISHED)
    index_rows(run)
    opened = Run(run.folder)
    facts = opened.facts
    monkeypatch.setattr(Manifest, "read", lambda path: pytest.fail(f"{path} is read"))
    assert len(find_rows(opened, RowFilter(), limit=9)) == 9
    assert len(filtered(opened, RowFilter())) == 260
    assert len(density(opened, RowFilter())) > 0
    assert weight_totals(opened, RowFilter(), WeightLabel(None)).rows == 259
    assert (facts.target, facts.mode) == ("species", "classification")


def test_stability_is_kept_in_row_order(run, explained):
    append_both(run, explained)
    assert rows.stability_of(run, 1) == []
    figures = {"label": 0, "jaccard": 0.5, "std": [0.25, None], "chosen": [3, 1], "exact": None}
    for wave, row in ((3, 9), (2, 1)):
        found = pa.Table.from_pylist([{"row_id": row, **figures}], schema=STABILITY_SCHEMA)
        run.append(wave, [wave], explained.slice(0, 0), tasks(wave, 0), stability=found)
    for state in (RunState.CANCELLED, RunState.FINISHED):
        run.finish(state)
        (told,) = rows.stability_of(run, 1)
        assert {name: told[name] for name in figures} == figures
        assert told["vsi"] is None
    assert pq.read_table(run.folder / "stability.parquet")["row_id"].to_pylist() == [1, 9]


def test_two_processes_do_not_take_a_run_over_at_once(run):
    run.update(owner=Owner.of(os.getppid()))
    with pytest.raises(SparkLimeError, match="is in progress in another process"):
        run.take_over()
    run.finish(RunState.FAILED)
    at_it = "import sys, filelock; lock = filelock.FileLock(sys.argv[1]); lock.acquire(); print('x'); input()"
    lock = str(run.folder / PARTS / TAKEN)
    command = [sys.executable, "-u", "-c", at_it, lock]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.read(1) == b"x"
        with pytest.raises(SparkLimeError, match="is being taken over by another process"):
            run.take_over()
        other.kill()
    run.take_over()
    assert run.manifest().owner.pid == os.getpid()


def test_a_folder_that_holds_something_is_not_overwritten(plan, tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(SparkLimeError, match="not empty"):
        Run.create(tmp_path, plan.manifest("local[2]"), plan.inputs())
    with pytest.raises(SparkLimeError, match="is a file"):
        Run.create(tmp_path / "mine.txt", plan.manifest("local[2]"), plan.inputs())
    assert (tmp_path / "mine.txt").read_text() == "precious"
