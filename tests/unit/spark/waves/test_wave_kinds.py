"""Waves that executors write: cut into parts without a gap, and written by the function that Spark runs."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sparklime_core import build_explainer, load_sample, train_forest
from sparklime_core.explain.explain_rows import explain_rows
from sparklime_core.explain.schema import PART_SCHEMA
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.explain.task import block_rows
from sparklime_core.jobs.plan import RunPlan
from sparklime_core.jobs.runner import task_of
from sparklime_core.runs.store import RunStore
from sparklime_core.spark.waves import payload
from sparklime_core.spark.waves.wave_kinds import part_blocks, stretches
from sparklime_core.spark.waves.worker import part_writer


@pytest.mark.parametrize(
    ("blocks", "most", "found"),
    [
        ((0, 1, 2, 3, 4), 2, [(0, 2), (2, 4), (4, 5)]),
        ((3,), 5, [(3, 4)]),
        ((0, 1, 4, 5, 6, 9), 9, [(0, 2), (4, 7), (9, 10)]),
        ((0, 1, 3, 4, 5), 2, [(0, 2), (3, 5), (5, 6)]),
    ],
)
def test_blocks_are_cut_at_gaps_and_at_the_most(blocks, most, found):
    assert list(stretches(blocks, most)) == found


@pytest.mark.parametrize(
    ("blocks", "tasks", "most"),
    [(7, 2, 4), (3, 5, 1), (102_400, 171, 256)],  # the last: 400 cores, and a block in 2 ms
)
def test_a_part_is_the_share_of_a_task_and_no_larger_than_an_executor_should_hold(blocks, tasks, most):
    assert part_blocks(blocks, tasks, 256) == most


class InMemory:
    """Stands in for Spark's broadcast."""

    kind = "memory"

    def __init__(self, data):
        self.data = data

    def read(self):
        return self.data


def test_what_an_executor_writes_is_the_run_that_the_driver_would_have_written(tmp_path):
    dataset = load_sample("wine")
    settings = ExplainSettings("sampled", num_samples=100)
    plan = RunPlan(dataset, train_forest(dataset, n_estimators=3), settings, rows=100, stability=2)
    manifest, inputs = replace(plan.manifest("local[2]"), writers="executors"), plan.inputs()
    run = RunStore(tmp_path).create(manifest, inputs)
    task = task_of(inputs, manifest)
    size = block_rows(settings, 100)
    parts = run.begin_attempt(dataset.features[:100], plan.row_ids(), size)
    sent = payload.Payload("written", InMemory(payload.pickled(task)))
    # The later part first, as it happens: tasks end in any order.
    asked = [pa.record_batch([[first], [end]], schema=PART_SCHEMA) for first, end in ((4, 7), (0, 4))]
    told = pa.Table.from_batches(part_writer(sent, parts, 3)(iter(asked)))

    assert told["rows"].to_pylist() == [100 - 4 * size, 4 * size]
    assert told["failed"].to_pylist() == [0, 0]
    assert run.finished_blocks()[0] == set(range(7))
    assert run.manifest().rows_explained == 100
    alone = explain_rows(
        build_explainer(dataset), plan.model.predict_fn, dataset.features[:100], engine="sampled", num_samples=100
    )
    assert pq.read_table(run.folder / "explanations.parquet").equals(alone)
    blocks = pq.read_table(run.folder / "blocks.parquet")
    assert blocks["block"].to_pylist() == list(range(7))
    assert blocks["first_row"].to_pylist() == list(range(0, 100, size))
    tasks = pq.read_table(run.folder / "tasks.parquet")
    assert (tasks["rows"].to_pylist(), set(tasks["wave"].to_pylist())) == ([4 * size, 100 - 4 * size], {3})
    measured = pq.read_table(run.folder / "stability.parquet")
    assert np.array_equal(measured["row_id"].to_numpy(), np.arange(100))
