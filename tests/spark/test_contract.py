"""What must hold on embedded Spark, a standalone cluster and Spark Connect alike; `contract.py` did the work."""

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import sparklime_core
from sparklime_core import RESULT_SCHEMA
from sparklime_core.explain.schema import STABILITY_SCHEMA, TASK_SCHEMA, WORK_SCHEMA
from sparklime_core.spark.executors.logs import cluster_outputs, embedded_output

pytestmark = pytest.mark.spark
ENGINES = ("sampled", "exact", "reference")
SOME_BLOCKS = pa.array([*range(16), *range(48, 64)])


@pytest.mark.parametrize("engine", ENGINES)
def test_executors_give_the_bits_that_this_process_gives(outcome, engine):
    there = outcome.table(f"{engine}-there")
    assert there.schema.equals(RESULT_SCHEMA)
    assert there.equals(outcome.table(f"{engine}-here"))


@pytest.mark.parametrize("engine", ENGINES)
def test_all_masters_give_the_same_bits(embedded, standalone, remote, engine):
    assert embedded.table(f"{engine}-there").equals(standalone.table(f"{engine}-there"))
    assert embedded.table(f"{engine}-there").equals(remote.table(f"{engine}-there"))


@pytest.mark.parametrize("engine", ENGINES)
def test_every_row_has_a_task(outcome, engine):
    tasks, there = outcome.table(f"{engine}-tasks"), outcome.table(f"{engine}-there")
    assert tasks.schema.equals(TASK_SCHEMA)
    assert pc.sum(tasks["rows"]).as_py() == pc.count_distinct(there["row_id"]).as_py()
    assert pc.min(tasks["seconds"]).as_py() > 0
    assert len(tasks.group_by(["wave", "partition"]).aggregate([])) == len(tasks)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_row_knows_who_explained_it(outcome, engine):
    tasks, work = outcome.table(f"{engine}-tasks"), outcome.table(f"{engine}-work")
    assert work.schema.equals(WORK_SCHEMA)
    rows = [row for block in work.to_pylist() for row in range(block["first_row"], block["last_row"] + 1)]
    assert sorted(rows) == sorted(set(outcome.table(f"{engine}-there")["row_id"].to_pylist()))
    by_task = {(task["wave"], task["partition"]): task for task in tasks.to_pylist()}
    for block in work.to_pylist():
        task = by_task[block["wave"], block["partition"]]
        assert all(block[fact] == task[fact] for fact in ("attempt", "executor", "host", "pid"))
        assert 0 < block["seconds"] <= task["seconds"]
        assert task["started"] <= block["started"]
        elapsed = (block["started"] - task["started"]).total_seconds()
        assert elapsed + block["seconds"] <= task["seconds"] + 1e-4


def test_both_executors_explain(spread):
    tasks = pa.concat_tables([spread.table(f"{engine}-tasks") for engine in ENGINES])
    assert set(tasks["executor"].to_pylist()) == {"0", "1"}
    assert {executor["id"] for executor in spread.report["executors"]} == {"0", "1"}
    assert {executor["memory"] for executor in spread.report["executors"]} == {"512m"}


def test_embedded_spark_has_one_executor(embedded):
    assert set(embedded.table("sampled-tasks")["executor"].to_pylist()) == {"driver"}
    assert [executor["id"] for executor in embedded.report["executors"]] == ["driver"]
    assert embedded.report["executors"][0]["cores"] == 2


def test_links_lead_to_this_machine_only(spread):
    links = spread.report["links"]
    assert set(links) == {"application", "master", "worker 1", "worker 2"}
    assert all(link.startswith("http://127.0.0.1:") for link in links.values())


def test_executors_of_others_run_the_shipped_package(remote):
    assert all(".zip" in origin and "pyspark.daemon" in parent for origin, parent in remote.report["origin"])


@pytest.mark.parametrize("kind", ["embedded", "standalone"])
def test_executors_here_are_forked_from_one_thread_that_has_imported_this_package(kind, request):
    # A daemon that has threads gives way to Spark's own.
    for origin, parent in request.getfixturevalue(kind).report["origin"]:
        assert origin == sparklime_core.__file__
        assert "sparklime_worker_daemon" in parent


def test_nothing_is_left_in_the_directory_of_the_script(outcome):
    assert list(Path(outcome.report["folder"]).iterdir()) == []


def test_a_worker_process_loads_a_payload_once(outcome):
    loads = {}
    for line in evidence(outcome):
        if "loaded model" in line:
            pid, payload = re.search(r"pid (\d+): loaded .* from (?:broadcast|file) (\w+): ", line).groups()
            loads.setdefault(pid, []).append(payload)
    assert loads
    # It keeps two: what it loads again, it has loaded others in between.
    assert all(before != after for ids in loads.values() for before, after in pairwise(ids))
    # A process that has loaded several has served several tasks.
    assert max(map(len, loads.values())) > 1


def test_executors_leave_evidence_of_row_model_and_explainer(outcome):
    # Which executor had row 0 of which of the script's runs is Spark's choice.
    said = [line for line in evidence(outcome) if "explains row 0 " in line]
    rows = [line for line in said if "model RandomForestClassifier(" in line]
    assert rows, said
    assert "alcohol=14.23" in rows[0]
    assert "explainer LimeTabularExplainer(classification, 13 features)" in rows[0]


def test_both_executors_leave_evidence(spread):
    outputs = cluster_outputs(spread.cluster.logs, spread.report["application"])
    assert [output.executor for output in outputs] == ["0", "1"]
    assert all(output.evidence and output.tail for output in outputs)


def test_some_blocks_can_be_explained_alone(outcome):
    whole, some = outcome.table("sampled-here"), outcome.table("blocks-there")
    assert some.equals(whole.filter(pc.is_in(whole["row_id"], SOME_BLOCKS)))


def test_stability_is_measured_to_the_bit(outcome):
    there = outcome.table("stability-there")
    assert there.schema.equals(STABILITY_SCHEMA)
    assert there.equals(outcome.table("stability-here"))
    # Row 2 has a gap, and the model refuses row 9.
    assert set(there["row_id"].to_pylist()) == set(SOME_BLOCKS.to_pylist()) - {2, 9}


def test_a_row_at_which_the_predict_function_raises_costs_only_itself(outcome):
    there = outcome.table("killed-there")
    bad = there.filter(pc.equal(there["row_id"], 7))
    assert len(bad)
    assert all("no wine has 99.0 percent" in error for error in bad["error"].to_pylist())


@pytest.mark.parametrize("engine", ENGINES)
def test_a_row_that_the_model_itself_refuses_costs_only_itself(outcome, engine):
    there = outcome.table(f"{engine}-there")
    failed = there.filter(pc.is_valid(there["error"]))
    assert set(failed["row_id"].to_pylist()) == {2, 9}  # row 2 has a gap
    assert "too large for dtype" in failed["error"].to_pylist()[-1]


def test_a_model_larger_than_any_message_reaches_the_executors(outcome):
    assert outcome.table("large-there").equals(outcome.table("large-here"))
    loaded = [line.split(": ")[-1] for line in evidence(outcome) if "loaded model ExtraTreesClassifier" in line]
    assert loaded
    assert all(float(size.split(" MB")[0]) > 10 for size in loaded)


def test_a_killed_worker_process_changes_nothing(outcome):
    there, here = outcome.table("killed-there"), outcome.table("reference-here")
    # At row 7 the predict function raises.
    assert there.filter(pc.not_equal(there["row_id"], 7)).equals(here.filter(pc.not_equal(here["row_id"], 7)))
    assert pc.max(outcome.table("killed-tasks")["attempt"]).as_py() >= 1


def test_cancelling_stops_the_executors(outcome):
    # They were in the model, which would still wait if they had not been stopped.
    assert outcome.report["active"] > 0
    assert outcome.report["cancelled"] == "CancelledError: The run was cancelled."
    assert outcome.report["idle"]


def test_failures_are_told_in_a_sentence(outcome):
    failures = outcome.report["failures"]
    assert failures["on_wave"] == "OSError: disk full"
    assert failures["module"] == "SparkError: A Spark job failed: ModuleNotFoundError: No module named 'mine'."
    assert failures["text"] == "SparkError: The column 'alcohol' is of type string, and LIME needs numbers."
    assert failures["missing"].startswith("SparkError: The DataFrame has no column 'ash'; it has alcohol, ")
    assert failures["number"] == "SparkError: The explainer knows 13 features, but 2 columns were given."
    assert failures["labels"].startswith("SettingsError: explainer_udf gives one explanation per row")


def test_the_recipe_and_the_dataframe_are_lazy(outcome):
    assert outcome.report["lazy"]


def as_the_recipe_gives_it(here):
    kept = ("feature_explanation", "weight")
    return [
        None if found is None else [{key: term[key] for key in kept} for term in found]
        for found in here["explanation"].to_pylist()
    ]


def test_the_recipe_serves_a_single_feature(outcome):
    there, here = outcome.table("one-column-there"), outcome.table("one-column-here")
    assert there["explanations"].to_pylist() == as_the_recipe_gives_it(here)


def test_the_recipe_gives_its_column(outcome):
    there, source = outcome.table("udf-there"), outcome.table("source")
    expected = as_the_recipe_gives_it(outcome.table("predicted-here"))
    by_row = dict(zip(map(tuple, values(source)), expected, strict=True))
    found = there["explanations"].to_pylist()
    assert len(found) == len(source)
    assert found == [by_row[tuple(row)] for row in values(there.drop(["explanations"]))]


def test_a_dataframe_gives_the_table_that_this_process_gives(outcome):
    assert outcome.table("dataframe-there").equals(outcome.table("sampled-here"))


def test_ids_come_from_their_column(outcome):
    there, here = outcome.table("ids-there"), outcome.table("sampled-here")
    assert there["row_id"].to_pylist() == [row_id + 1000 for row_id in here["row_id"].to_pylist()]
    assert there.drop(["row_id"]).equals(here.drop(["row_id"]))


def test_every_core_has_imported_what_it_needs_before_it_explains(embedded):
    assert embedded.report["warmed"] == ["", ""]


def test_every_executor_answers_the_preflight(outcome):
    reports = outcome.report["reports"]
    assert [report["executor"] for report in reports] == [entry["id"] for entry in sorted_executors(outcome)]
    assert outcome.report["problems"] == []
    assert all(report["packages"]["lime"] for report in reports)


def sorted_executors(outcome):
    return sorted(outcome.report["executors"], key=lambda executor: executor["id"])


def evidence(outcome):
    if outcome.cluster is None:
        return embedded_output(Path(outcome.report["log"]), lines=1000).evidence
    outputs = cluster_outputs(outcome.cluster.logs, outcome.report["application"], lines=1000)
    return [line for output in outputs for line in output.evidence]


def values(table):
    return np.nan_to_num(np.column_stack([table[name].to_numpy() for name in table.column_names]), nan=-1.0)
