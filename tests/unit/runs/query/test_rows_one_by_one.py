"""Questions about the results of a run."""

from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.parquet as pq

from sparklime_core.explain.schema import RESULT_SCHEMA, WORK_SCHEMA
from sparklime_core.explain.task import BLOCK_ROWS
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.manifest import RunState
from sparklime_core.runs.query import rows
from sparklime_core.runs.query.database import query
from sparklime_core.runs.query.rows import find_rows
from tests.finished_run import counted
from tests.unit.runs.waves import append_both, tasks


def test_results_can_be_asked_for_before_the_run_has_ended(run, explained):
    assert counted(run) == (0, 0)
    assert rows.largest_weight(run) == 0.0
    assert find_rows(run, RowFilter(), limit=9).empty
    run.append(0, [0], explained.slice(0, BLOCK_ROWS), tasks(0, BLOCK_ROWS))
    assert counted(run) == (BLOCK_ROWS, 1)
    assert run.finished_blocks() == ({0}, 1)


def test_questions_have_the_same_answers_from_parts_and_from_the_whole(run, explained):
    append_both(run, explained)
    before = find_rows(run, RowFilter(), limit=999), rows.explanations_of(run, 258), rows.executors(run)
    run.finish(RunState.FINISHED)
    after = find_rows(run, RowFilter(), limit=999), rows.explanations_of(run, 258), rows.executors(run)
    assert before[0].equals(after[0])
    assert before[1] == after[1] == explained.filter(pa.compute.equal(explained["row_id"], 258)).to_pylist()
    assert before[2].equals(after[2])
    assert before[2]["rows"].tolist() == [BLOCK_ROWS, 4]


def test_a_page_of_rows_names_the_strongest_reason(run, explained):
    append_both(run, explained)
    page = find_rows(run, RowFilter(), limit=3, offset=1)
    assert page["row_id"].tolist() == [1, 2, 3]
    reasons = explained["explanation"][1].as_py()
    assert page["top_reason"][0] == reasons[0]["feature_explanation"]
    assert "far below all that the model has seen" in page["error"][1]
    weights = [abs(reason["weight"]) for row in explained["explanation"].to_pylist() if row for reason in row]
    assert rows.largest_weight(run) == max(weights)


def test_a_row_knows_who_explained_it(run, explained):
    assert rows.explained_by(run, 0) is None
    append_both(run, explained)
    for state in (RunState.CANCELLED, RunState.FINISHED):
        run.finish(state)
        for row, executor, pid in ((0, "0", 100), (255, "0", 100), (256, "1", 101), (259, "1", 101)):
            found = rows.explained_by(run, row)
            assert (found["executor"], found["pid"], found["seconds"]) == (executor, pid, 0.25)
            assert found["started"].isoformat() == f"2023-11-14T22:13:20.{pid - 100:06d}+00:00".replace(
                ".000000", ""
            )
        assert rows.explained_by(run, 260) is None
    assert pq.read_schema(run.folder / "blocks.parquet").equals(WORK_SCHEMA)


def test_rows_can_be_asked_for_by_executor(run, explained):
    append_both(run, explained)
    sql = "SELECT row_id FROM results SEMI JOIN (FROM explained_by WHERE executor = ?) USING (row_id) ORDER BY 1"

    def rows_of(executor):
        found = query(run.explanation_files, RESULT_SCHEMA, sql, [executor], blocks=run.block_files)
        return found["row_id"].to_pylist()

    assert rows_of("0") == list(range(BLOCK_ROWS))
    assert rows_of("1") == list(range(BLOCK_ROWS, BLOCK_ROWS + 4))
    assert rows_of("2") == []


def test_a_run_of_before_blocks_were_kept_says_nothing_of_executors(run, explained):
    run.append(0, [0], explained, tasks(0, len(explained)))
    for state in (RunState.CANCELLED, RunState.FINISHED):
        run.finish(state)
        assert rows.explained_by(run, 0) is None
    sql = "SELECT count(*) AS known FROM explained_by"
    found = query(run.explanation_files, RESULT_SCHEMA, sql, [], blocks=run.block_files)
    assert found["known"].to_pylist() == [0]


def test_questions_that_are_asked_at_once_do_not_mix(tmp_path):
    folder = tmp_path / "it's a run"
    folder.mkdir()
    schema = pa.schema([("x", pa.int64())])
    for number in range(4):
        pq.write_table(pa.table({"x": [number]}), folder / f"{number}.parquet")

    def ask(number):
        files = [str(folder / f"{number}.parquet")]
        return {query(lambda: files, schema, "SELECT x FROM results", [])["x"][0].as_py() for _ in range(30)}

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == [{0}, {1}, {2}, {3}]
