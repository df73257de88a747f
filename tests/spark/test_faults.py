"""What goes wrong on a cluster in the middle of a run: the result is the undisturbed one's, or a sentence is said.

One real standalone cluster for all, whose daemons are killed, stopped and started one by one.
"""

import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, replace

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from sklearn.ensemble import ExtraTreesClassifier

from sparklime_core import SparkLimeError, build_explainer, explain_rows, load_sample, train_forest
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.explain.task import REFERENCE_BLOCK_ROWS
from sparklime_core.jobs.plan import RunPlan
from sparklime_core.jobs.runner import explain_run
from sparklime_core.jobs.spark_connection import SparkService
from sparklime_core.runs.manifest import RunState
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.disks import fill, small_disk
from tests.spark.daemons import Daemons, stop, wait_for

pytestmark = pytest.mark.spark
SETTINGS = {"engine": "reference", "num_samples": 5000, "num_features": 10}
TREES = 20
ROWS = 144
COMMAND = [sys.executable, "-m", "sparklime_core"]


@dataclass(frozen=True)
class Cluster:
    daemons: Daemons
    service: SparkService

    def executors(self):
        """The executors' processes, by their ids."""
        found = {}
        for worker in self.daemons.workers:
            for process in psutil.Process(worker.pid).children() if worker.poll() is None else ():
                line = process.cmdline() if process.status() != psutil.STATUS_ZOMBIE else []
                if "org.apache.spark.executor.CoarseGrainedExecutorBackend" in line:
                    found[line[line.index("--executor-id") + 1]] = process
        return found


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Daemons(tmp_path_factory.mktemp("cluster")) as daemons:
        daemons.start_master()
        daemons.start_worker()
        daemons.start_worker()
        service = SparkService(daemons.url)
        yield Cluster(daemons, service)
        service.close()


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


def explain(cluster, run, after_first_wave=None, cancel=None):
    """Explain a run; do something in another thread when its first wave is on the disk."""
    did = []

    def look(progress):
        if progress.by_executor and after_first_wave is not None and not did:
            did.append(threading.Thread(target=after_first_wave))
            did[0].start()

    spark = cluster.service.acquire()
    try:
        return explain_run(spark, run, cancel=cancel or threading.Event(), on_progress=look)
    finally:
        cluster.service.release()
        for thread in did:
            thread.join()


def is_whole(run, undisturbed):
    """Whether a run has all explanations, bit by bit, and each block was explained once."""
    whole = pq.read_table(run.folder / "explanations.parquet")
    blocks, tasks = pq.read_table(run.folder / "blocks.parquet"), pq.read_table(run.folder / "tasks.parquet")
    assert sorted(blocks["block"].to_pylist()) == list(range(len(blocks)))
    assert pc.sum(tasks["rows"]).as_py() == len(undisturbed)
    return whole.equals(undisturbed)


def test_a_killed_executor(cluster, run, undisturbed):
    killed = []

    def kill():
        killed.extend(cluster.executors().items())
        killed[0][1].kill()

    assert explain(cluster, run, kill).state is RunState.FINISHED
    assert is_whole(run, undisturbed)
    assert len(killed) == 2
    wait_for(lambda: len(cluster.executors()) == 2)
    assert killed[0][0] not in cluster.executors()


def test_a_worker_that_is_stopped_and_another_that_joins(cluster, run, undisturbed):
    before = set(cluster.executors())

    def exchange():
        stop(cluster.daemons.workers[0])
        cluster.daemons.start_worker()

    assert explain(cluster, run, exchange).state is RunState.FINISHED
    assert is_whole(run, undisturbed)
    wait_for(lambda: len(cluster.executors()) == 2)
    assert set(cluster.executors()) != before


def test_no_worker_is_left_and_one_comes_later(cluster, run, undisturbed, monkeypatch):
    def end_all():
        executors = cluster.executors().values()
        for process in (*cluster.daemons.workers, *executors):
            process.kill()

    with monkeypatch.context() as impatient:
        impatient.setattr("sparklime_core.spark.executors.watchdog.WITHOUT_EXECUTORS_SECONDS", 8.0)
        with pytest.raises(SparkLimeError, match="its workers are gone or busy"):
            explain(cluster, run, end_all)
    assert run.manifest().state is RunState.FAILED
    assert run.manifest().rows_explained > 0
    cluster.daemons.start_worker()
    cluster.daemons.start_worker()
    run.take_over()
    assert explain(cluster, run).state is RunState.FINISHED
    assert is_whole(run, undisturbed)


def test_the_master_is_restarted_between_two_runs(cluster, run, undisturbed):
    cluster.service.connect()
    before = cluster.service.acquire().sparkContext.applicationId
    cluster.service.release()
    stop(cluster.daemons.master)
    cluster.daemons.start_master()
    # The workers come back by themselves; the driver would wait for executors for ever.
    wait_for(lambda: cluster.daemons.alive() == 2)
    assert explain(cluster, run).state is RunState.FINISHED
    assert is_whole(run, undisturbed)
    assert run.manifest().application != before


def test_a_full_disk(cluster, plan, tmp_path, undisturbed):
    with small_disk(tmp_path / "disk", 8) as disk:
        run = Run.create(disk / "run", plan.manifest("spark://"), plan.inputs())
        fillers = []
        with pytest.raises(SparkLimeError, match="the disk is full; make room there and resume the run"):
            explain(cluster, run, lambda: fillers.append(fill(disk)))
        assert run.manifest().state is RunState.FAILED
        assert 0 < run.manifest().rows_explained < ROWS
        fillers[0].unlink()
        run.take_over()
        assert explain(cluster, run).state is RunState.FINISHED
        assert is_whole(run, undisturbed)


@pytest.mark.parametrize("engine", ["reference", "sampled", "exact"])
def test_a_row_that_the_model_refuses(cluster, plan, tmp_path, engine):
    settings = {**SETTINGS, "engine": engine, "num_samples": 200}
    features = plan.dataset.features[:40].copy()
    features[7, 2] = 1e300  # more than the forest's own single precision holds
    table = replace(plan.dataset, name="refused", features=features, target=plan.dataset.target[:40])
    new = RunPlan(table, plan.model, ExplainSettings(**settings), training=plan.dataset)
    run = RunStore(tmp_path).create(new.manifest("spark://"), new.inputs())
    assert explain(cluster, run).rows_failed == 1
    found = pq.read_table(run.folder / "explanations.parquet")
    bad = pc.equal(found["row_id"], 7)
    (error,) = found.filter(bad)["error"].to_pylist()
    assert "too large for dtype" in error
    alone = explain_rows(build_explainer(plan.dataset), plan.model.predict_fn, features, **settings)
    assert found.filter(pc.invert(bad)).equals(alone.filter(pc.invert(pc.equal(alone["row_id"], 7))))
    assert alone.filter(pc.equal(alone["row_id"], 7))["error"].to_pylist() == [error]


def test_a_broadcast_of_more_than_a_hundred_megabytes(cluster, plan, tmp_path):
    random = np.random.default_rng(0)
    rows = random.normal(size=(20_000, plan.dataset.features.shape[1]))
    forest = ExtraTreesClassifier(40, max_features=1, random_state=0, n_jobs=2)
    forest.fit(rows, random.integers(0, 3, len(rows)))
    model = replace(plan.model, estimator=forest)
    large = RunPlan(plan.dataset, model, ExplainSettings(num_samples=200), rows=64)
    run = RunStore(tmp_path).create(large.manifest("spark://"), large.inputs())
    assert explain(cluster, run).state is RunState.FINISHED
    expected = explain_rows(
        build_explainer(plan.dataset), model.predict_fn, plan.dataset.features[:64], num_samples=200
    )
    assert pq.read_table(run.folder / "explanations.parquet").equals(expected)
    said = "\n".join(
        path.read_text() for path in cluster.daemons.folder.glob(f"work-*/{run.manifest().application}/*/stderr")
    )
    sizes = [float(line.split(": ")[2].split(" MB")[0]) for line in said.splitlines() if "from broadcast" in line]
    assert max(sizes) > 100


def test_a_killed_driver_and_the_resumed_run(cluster, tmp_path, plan, undisturbed):
    subprocess.run([*COMMAND, "sample", "wine"], cwd=tmp_path, check=True, capture_output=True)
    cluster.service.disconnect()
    options = ["--trees", str(TREES), "--engine", "reference", "--num-samples", "5000", "--num-features", "10"]
    command = [*COMMAND, "explain", "wine.csv", "--target", "cultivar", *options, "--rows", str(ROWS)]
    driver = subprocess.Popen(
        [*command, "--out", "cut", "--master", cluster.daemons.url],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    run = Run(tmp_path / "cut")
    wait_for(lambda: list(run.folder.glob("parts/wave-*.parquet")) or driver.poll() is not None)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    assert run.manifest().state is RunState.INTERRUPTED
    finished = pa.concat_tables(pq.read_table(path) for path in run.block_files())
    assert 0 < len(finished) < ROWS / REFERENCE_BLOCK_ROWS
    # No executor works for a driver that is gone.
    wait_for(lambda: not cluster.executors())

    resumed = subprocess.run(
        [*COMMAND, "explain", "--resume", "--out", "cut"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert resumed.returncode == 0, resumed.stderr
    assert is_whole(run, undisturbed)
    blocks = pq.read_table(run.folder / "blocks.parquet").sort_by("block")
    again = blocks.filter(pc.is_in(blocks["block"], finished["block"].combine_chunks()))
    assert again.equals(finished.sort_by("block").select(blocks.column_names))
