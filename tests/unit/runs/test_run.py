import dataclasses
import json
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sparklime_core import SparkLimeError, build_explainer, load_sample, train_forest
from sparklime_core.explain.explain_rows import explain_rows
from sparklime_core.explain.schema import RESULT_SCHEMA, STABILITY_SCHEMA, TASK_SCHEMA, WORK_SCHEMA
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.explain.task import BLOCK_ROWS
from sparklime_core.jobs.plan import RunPlan
from sparklime_core.runs import result_queries
from sparklime_core.runs.manifest import Owner, RunState
from sparklime_core.runs.run import PARTS, TAKEN, Run
from sparklime_core.runs.store import RunStore
from tests.finished_run import counted


@pytest.fixture(scope="module")
def plan():
    dataset = load_sample("penguins")
    settings = ExplainSettings(engine="reference", num_samples=100)
    return RunPlan(dataset, train_forest(dataset, n_estimators=5), settings, rows=BLOCK_ROWS + 4)


@pytest.fixture(scope="module")
def explained(plan):
    rows = plan.dataset.features[plan.row_ids()].copy()
    rows[2, 1] = np.nan
    return explain_rows(
        build_explainer(plan.dataset), plan.model.predict_fn, rows, engine="reference", num_samples=100
    )


def tasks(wave, rows, executor="0"):
    values = [[wave], [0], [0], [executor], ["host"], [100 + wave], [rows], [1_700_000_000_000_000 + wave], [0.5]]
    return pa.table(values, names=TASK_SCHEMA.names).cast(TASK_SCHEMA)


def work(wave, first, last, executor="0"):
    started = 1_700_000_000_000_000 + wave
    values = [wave, first, last, wave, 0, 0, executor, "host", 100 + wave, started, 0.25]
    return pa.table([[value] for value in values], names=WORK_SCHEMA.names).cast(WORK_SCHEMA)


@pytest.fixture
def run(plan, tmp_path):
    return RunStore(tmp_path).create(plan.manifest("local[2]"), plan.inputs())


def append_both(run, explained):
    # The second wave is written first, as happens with two in flight.
    run.append(1, [1], explained.slice(BLOCK_ROWS), tasks(1, 4, "1"), work(1, BLOCK_ROWS, BLOCK_ROWS + 3, "1"))
    run.append(0, [0], explained.slice(0, BLOCK_ROWS), tasks(0, BLOCK_ROWS), work(0, 0, BLOCK_ROWS - 1))


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


def test_results_can_be_asked_for_before_the_run_has_ended(run, explained):
    assert counted(run) == (0, 0)
    assert result_queries.largest_weight(run) == 0.0
    assert result_queries.row_page(run).empty
    run.append(0, [0], explained.slice(0, BLOCK_ROWS), tasks(0, BLOCK_ROWS))
    assert counted(run) == (BLOCK_ROWS, 1)
    assert run.finished_blocks() == ({0}, 1)


def test_questions_have_the_same_answers_from_parts_and_from_the_whole(run, explained):
    append_both(run, explained)
    before = result_queries.row_page(run), result_queries.explanations_of(run, 258), result_queries.executors(run)
    run.finish(RunState.FINISHED)
    after = result_queries.row_page(run), result_queries.explanations_of(run, 258), result_queries.executors(run)
    assert before[0].equals(after[0])
    assert before[1] == after[1] == explained.filter(pa.compute.equal(explained["row_id"], 258)).to_pylist()
    assert before[2].equals(after[2])
    assert before[2]["rows"].tolist() == [BLOCK_ROWS, 4]


def test_a_page_of_rows_names_the_strongest_reason(run, explained):
    append_both(run, explained)
    page = result_queries.row_page(run, limit=3, offset=1)
    assert page["row_id"].tolist() == [1, 2, 3]
    reasons = explained["explanation"][1].as_py()
    assert page["top_reason"][0] == reasons[0]["feature_explanation"]
    assert "LIME needs finite numbers" in page["error"][1]
    weights = [abs(reason["weight"]) for row in explained["explanation"].to_pylist() if row for reason in row]
    assert result_queries.largest_weight(run) == max(weights)


def test_a_row_knows_who_explained_it(run, explained):
    assert result_queries.explained_by(run, 0) is None
    append_both(run, explained)
    for state in (RunState.CANCELLED, RunState.FINISHED):
        run.finish(state)
        for row, executor, pid in ((0, "0", 100), (255, "0", 100), (256, "1", 101), (259, "1", 101)):
            found = result_queries.explained_by(run, row)
            assert (found["executor"], found["pid"], found["seconds"]) == (executor, pid, 0.25)
            assert found["started"].isoformat() == f"2023-11-14T22:13:20.{pid - 100:06d}+00:00".replace(
                ".000000", ""
            )
        assert result_queries.explained_by(run, 260) is None
    assert pq.read_schema(run.folder / "blocks.parquet").equals(WORK_SCHEMA)


def test_rows_can_be_asked_for_by_executor(run, explained):
    append_both(run, explained)
    sql = "SELECT row_id FROM results SEMI JOIN (FROM explained_by WHERE executor = ?) USING (row_id) ORDER BY 1"

    def rows_of(executor):
        found = result_queries.query(run.explanation_files, RESULT_SCHEMA, sql, [executor], blocks=run.block_files)
        return found["row_id"].to_pylist()

    assert rows_of("0") == list(range(BLOCK_ROWS))
    assert rows_of("1") == list(range(BLOCK_ROWS, BLOCK_ROWS + 4))
    assert rows_of("2") == []


def test_a_run_of_before_blocks_were_kept_says_nothing_of_executors(run, explained):
    run.append(0, [0], explained, tasks(0, len(explained)))
    for state in (RunState.CANCELLED, RunState.FINISHED):
        run.finish(state)
        assert result_queries.explained_by(run, 0) is None
    sql = "SELECT count(*) AS known FROM explained_by"
    found = result_queries.query(run.explanation_files, RESULT_SCHEMA, sql, [], blocks=run.block_files)
    assert found["known"].to_pylist() == [0]


def test_a_wave_that_was_only_half_written_counts_for_nothing(run, explained):
    append_both(run, explained)
    (run.folder / "parts" / "wave-00001.parquet").unlink()
    assert result_queries.explained_by(run, 256) is None
    assert result_queries.tasks(run)["rows"].tolist() == [BLOCK_ROWS]
    assert run.finished_blocks() == ({0}, 1)


def test_stability_is_kept_in_row_order(run, explained):
    append_both(run, explained)
    assert result_queries.stability_of(run, 1) == []
    figures = {"label": 0, "jaccard": 0.5, "std": [0.25, None], "chosen": [3, 1], "exact": None}
    for wave, row in ((3, 9), (2, 1)):
        found = pa.Table.from_pylist([{"row_id": row, **figures}], schema=STABILITY_SCHEMA)
        run.append(wave, [wave], explained.slice(0, 0), tasks(wave, 0), stability=found)
    for state in (RunState.CANCELLED, RunState.FINISHED):
        run.finish(state)
        (told,) = result_queries.stability_of(run, 1)
        assert {name: told[name] for name in figures} == figures
        assert told["vsi"] is None
    assert pq.read_table(run.folder / "stability.parquet")["row_id"].to_pylist() == [1, 9]


def test_inputs_come_back_as_they_were(run, plan):
    inputs = run.inputs()
    for name in ("feature_names", "class_names", "categorical_names", "missing_values", "report", "target_name"):
        assert getattr(inputs.dataset, name) == getattr(plan.dataset, name)
    np.testing.assert_array_equal(inputs.dataset.features, plan.dataset.features)
    np.testing.assert_array_equal(inputs.test_rows, plan.model.test_rows)
    np.testing.assert_array_equal(inputs.row_ids, plan.row_ids())
    np.testing.assert_array_equal(
        inputs.estimator.predict_proba(plan.dataset.features), plan.model.predict_fn(plan.dataset.features)
    )


def test_a_run_whose_process_is_gone_is_interrupted(run):
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    assert run.manifest().state is RunState.RUNNING
    run.update(owner=dataclasses.replace(Owner.this_process(), pid=gone.pid))
    assert run.manifest().state is RunState.INTERRUPTED
    run.take_over()
    assert run.manifest().owner.pid == os.getpid()
    assert run.manifest().state is RunState.RUNNING


def test_two_processes_do_not_take_a_run_over_at_once(run):
    parent = psutil.Process(os.getppid())
    run.update(owner=Owner(socket.gethostname(), parent.pid, parent.create_time()))
    with pytest.raises(SparkLimeError, match="is being worked on"):
        run.take_over()
    run.finish(RunState.FAILED)
    at_it = "import sys, filelock; lock = filelock.FileLock(sys.argv[1]); lock.acquire(); print('x'); input()"
    lock = str(run.folder / PARTS / TAKEN)
    command = [sys.executable, "-u", "-c", at_it, lock]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout.read(1) == b"x"
    with pytest.raises(SparkLimeError, match="is being taken over by another process"):
        run.take_over()
    other.kill()
    other.wait()
    run.take_over()
    assert run.manifest().owner.pid == os.getpid()


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


def test_a_folder_that_holds_something_is_not_overwritten(plan, tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(SparkLimeError, match="not empty"):
        Run.create(tmp_path, plan.manifest("local[2]"), plan.inputs())
    with pytest.raises(SparkLimeError, match="is a file"):
        Run.create(tmp_path / "mine.txt", plan.manifest("local[2]"), plan.inputs())
    assert (tmp_path / "mine.txt").read_text() == "precious"


def test_a_damaged_manifest_is_one_sentence(run):
    (run.folder / "run.json").write_text('{"title": 1')
    with pytest.raises(SparkLimeError, match="not the manifest"):
        run.manifest()


def test_a_plan_takes_all_test_or_some_rows(plan):
    assert len(dataclasses.replace(plan, rows="all").row_ids()) == plan.dataset.rows
    np.testing.assert_array_equal(dataclasses.replace(plan, rows="test").row_ids(), plan.model.test_rows)
    assert len(dataclasses.replace(plan, rows=10**6).row_ids()) == plan.dataset.rows
    for bad in ("some", 0, -1):
        with pytest.raises(SparkLimeError):
            dataclasses.replace(plan, rows=bad)


def test_questions_that_are_asked_at_once_do_not_mix(tmp_path):
    folder = tmp_path / "it's a run"
    folder.mkdir()
    schema = pa.schema([("x", pa.int64())])
    for number in range(4):
        pq.write_table(pa.table({"x": [number]}), folder / f"{number}.parquet")

    def ask(number):
        files = [str(folder / f"{number}.parquet")]
        return {
            result_queries.query(lambda: files, schema, "SELECT x FROM results", [])["x"][0].as_py()
            for _ in range(30)
        }

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == [{0}, {1}, {2}, {3}]
