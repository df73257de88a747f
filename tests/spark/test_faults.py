"""What goes wrong on a cluster in the middle of a run: the result is the undisturbed one's, or a sentence is said.

The daemons of one real standalone cluster are killed, stopped and started one by one. A run is held at a gate, in
the middle of its last block, when that is done; what the fault has ended is looked at before the run goes on.
"""

import shutil
import threading
from dataclasses import dataclass, replace

import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from sparklime_core import SparkLimeError, build_explainer, explain_rows, load_sample, train_forest
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.explain.task import SLOW_BLOCK_ROWS
from sparklime_core.jobs.plan import RunPlan
from sparklime_core.jobs.runner import explain_run
from sparklime_core.jobs.spark_connection import SparkService
from sparklime_core.runs.manifest import RunState
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from sparklime_core.spark.executors.preflight import check_executors
from tests.disks import fill, small_disk
from tests.spark.conftest import done, running
from tests.spark.daemons import Daemons, stop
from tests.spark.gate import SECONDS, GuardedModel, is_gone, kill, wait_for

pytestmark = pytest.mark.spark
SETTINGS = {"engine": "reference", "num_samples": 200, "num_features": 10}
TREES = 20
ROWS = 64
BLOCKS = ROWS // SLOW_BLOCK_ROWS


@dataclass(frozen=True)
class Cluster:
    daemons: Daemons
    service: SparkService

    def explain(self, run, inputs=None):
        spark = self.service.acquire()
        try:
            return explain_run(
                spark, run, inputs=inputs, cancel=threading.Event(), on_progress=lambda _progress: None
            )
        finally:
            self.service.release()

    def hold(self, run, plan, gate):
        """Explain a run, and hold it when its first wave is on the disk and a worker is at its last row."""
        model = gate.guard(plan.model.predict_fn, plan.dataset.features[ROWS - 1])
        held = replace(plan.inputs(), estimator=GuardedModel(model))
        return gate.hold(lambda: self.explain(run, held), run.block_files)

    def executor_of(self, worker):
        """The executor below which a Python worker is."""
        (pid,) = {parent.pid for parent in worker.parents()} & {
            found.pid for found in self.daemons.executors().values()
        }
        return psutil.Process(pid)


@pytest.fixture(scope="module")
def whole_cluster(tmp_path_factory):
    with Daemons(tmp_path_factory.mktemp("cluster")) as daemons:
        daemons.start_master()
        service = SparkService(daemons.url)
        yield Cluster(daemons, service)
        service.close()


@pytest.fixture
def cluster(whole_cluster):
    """A cluster of two workers, whatever another test has left of it."""
    whole_cluster.daemons.make_whole()
    return whole_cluster


@pytest.fixture(scope="module")
def plan():
    dataset = load_sample("wine")
    return RunPlan(dataset, train_forest(dataset, n_estimators=TREES), ExplainSettings(**SETTINGS), rows=ROWS)


@pytest.fixture(scope="module")
def undisturbed(plan):
    rows = plan.dataset.features[:ROWS]
    return explain_rows(build_explainer(plan.dataset), plan.model.predict_fn, rows, **SETTINGS)


@pytest.fixture
def run(plan, tmp_path):
    return RunStore(tmp_path).create(plan.manifest("spark://"), plan.inputs())


def tasks_of(run):
    return pq.read_table(run.folder / "tasks.parquet")


def is_whole(run, undisturbed):
    """Whether a run has all explanations, bit by bit, and each block was explained once."""
    whole = pq.read_table(run.folder / "explanations.parquet")
    blocks = pq.read_table(run.folder / "blocks.parquet")
    assert sorted(blocks["block"].to_pylist()) == list(range(BLOCKS))
    assert pc.sum(tasks_of(run)["rows"]).as_py() == len(undisturbed)
    return whole.equals(undisturbed)


def test_a_cluster_without_a_worker(whole_cluster):
    whole_cluster.daemons.make_whole(workers=0)
    whole_cluster.service.disconnect()
    spark = whole_cluster.service.acquire()
    try:
        with pytest.raises(SparkLimeError, match="has given no executor"):
            check_executors(spark, timeout=1)
    finally:
        whole_cluster.service.release()
        whole_cluster.service.disconnect()  # its executors would be too large for the workers that come


def test_a_killed_executor_that_writes(cluster, plan, tmp_path, gate, undisturbed):
    manifest = replace(plan.manifest("spark://"), writers="executors")
    run = RunStore(tmp_path).create(manifest, plan.inputs())
    with cluster.hold(run, plan, gate) as ended:
        (worker,) = gate.waiting()
        executor = cluster.executor_of(worker)
        kill([executor, worker])
    assert ended.result().state is RunState.FINISHED
    assert is_whole(run, undisturbed)
    assert pc.max(tasks_of(run)["attempt"]).as_py() > 0
    wait_for(lambda: len(cluster.daemons.executors()) == 2)
    assert executor.pid not in {found.pid for found in cluster.daemons.executors().values()}


def test_a_worker_that_is_stopped_and_another_that_joins(cluster, run, plan, gate, undisturbed):
    with cluster.hold(run, plan, gate) as ended:
        (busy,) = gate.waiting()
        executor = cluster.executor_of(busy)
        stopped = next(worker for worker in cluster.daemons.workers if worker.pid == executor.ppid())
        cluster.daemons.stop_worker(stopped)
        assert is_gone(executor)
        cluster.daemons.make_whole()
    assert ended.result().state is RunState.FINISHED
    assert is_whole(run, undisturbed)
    assert pc.max(tasks_of(run)["attempt"]).as_py() > 0
    wait_for(lambda: len(cluster.daemons.executors()) == 2)
    assert stopped not in cluster.daemons.workers


def test_no_worker_is_left_and_one_comes_later(cluster, run, plan, gate, undisturbed, monkeypatch):
    monkeypatch.setattr("sparklime_core.spark.executors.probe.WITHOUT_EXECUTORS_SECONDS", 1.0)
    with cluster.hold(run, plan, gate) as ended:
        assert len(cluster.daemons.executors()) == 2
        cluster.daemons.kill_workers()
        assert not cluster.daemons.executors()
        with pytest.raises(SparkLimeError, match="its workers are gone or busy"):
            ended.result(SECONDS)
    assert run.manifest().state is RunState.FAILED
    assert 0 < run.manifest().rows_explained < ROWS
    monkeypatch.undo()
    cluster.daemons.make_whole()
    run.take_over()
    assert cluster.explain(run).state is RunState.FINISHED
    assert is_whole(run, undisturbed)


def test_the_master_is_restarted_between_two_runs(cluster, run, undisturbed):
    cluster.service.connect()
    before = cluster.service.acquire().sparkContext.applicationId
    cluster.service.release()
    stop(cluster.daemons.master)
    assert cluster.daemons.alive() == 0
    cluster.daemons.start_master()
    # The workers come back by themselves; the driver would wait for executors for ever.
    wait_for(lambda: cluster.daemons.alive() == 2)
    assert cluster.explain(run).state is RunState.FINISHED
    assert is_whole(run, undisturbed)
    assert run.manifest().application != before


def test_a_full_disk(cluster, plan, gate, tmp_path, undisturbed):
    with small_disk(tmp_path / "disk", 8) as disk:
        run = Run.create(disk / "run", plan.manifest("spark://"), plan.inputs())
        with cluster.hold(run, plan, gate) as ended:
            filler = fill(disk)
            assert shutil.disk_usage(disk).free == 0
        with pytest.raises(SparkLimeError, match="the disk is full; make room there and resume the run"):
            ended.result()
        assert run.manifest().state is RunState.FAILED
        assert 0 < run.manifest().rows_explained < ROWS
        filler.unlink()
        run.take_over()
        assert cluster.explain(run).state is RunState.FINISHED
        assert is_whole(run, undisturbed)


@pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning")  # the forest's, then it refuses
def test_a_row_that_the_model_refuses_is_counted(cluster, plan, tmp_path):
    settings = {**SETTINGS, "engine": "sampled"}
    features = plan.dataset.features[:40].copy()
    features[7, 2] = 1e300  # more than the forest's own single precision holds
    table = replace(plan.dataset, name="refused", features=features, target=plan.dataset.target[:40])
    new = RunPlan(table, plan.model, ExplainSettings(**settings), training=plan.dataset)
    run = RunStore(tmp_path).create(new.manifest("spark://"), new.inputs())
    assert cluster.explain(run).rows_failed == 1
    found = pq.read_table(run.folder / "explanations.parquet")
    alone = explain_rows(build_explainer(plan.dataset), plan.model.predict_fn, features, **settings)
    assert "too large for dtype" in found["error"][7].as_py()
    assert found["error"].equals(alone["error"])
    assert found.filter(pc.is_null(found["error"])).equals(alone.filter(pc.is_null(alone["error"])))


def test_a_killed_driver_and_the_resumed_run(cluster, wine_folder, gate, undisturbed):
    """The executors write, and could go on; `tests/unit/cli/test_explain_killed.py` kills a driver that writes."""
    cluster.service.disconnect()
    options = ["--trees", str(TREES), "--engine", "reference", "--num-samples", "200", "--num-features", "10"]
    options += ["--rows", str(ROWS), "--executors-write"]
    words = ["explain", "wine.csv", "--target", "cultivar", *options, "--out", "cut"]
    held = ["tests.spark.gated_command", gate.folder, ROWS - 1]
    run = Run(wine_folder / "cut")
    with running(*held, *words, "--master", cluster.daemons.url) as driver:
        wait_for(lambda: driver.poll() is not None or (gate.waiting() and run.block_files()))
        assert driver.poll() is None
        driver.kill()
    assert run.manifest().state is RunState.INTERRUPTED
    finished = pa.concat_tables(pq.read_table(path) for path in run.block_files())
    assert 0 < len(finished) < BLOCKS
    # No executor works for a driver that is gone.
    wait_for(lambda: not cluster.daemons.executors())

    done("explain", "--resume", "--out", "cut")
    assert is_whole(run, undisturbed)
    blocks = pq.read_table(run.folder / "blocks.parquet").sort_by("block")
    again = blocks.filter(pc.is_in(blocks["block"], finished["block"].combine_chunks()))
    assert again.equals(finished.sort_by("block").select(blocks.column_names))
