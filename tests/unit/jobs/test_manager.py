"""The job manager without Spark: what waits can be cancelled at once, and what cannot be done is told."""

import threading
import time

import pytest

from sparklime_core import SparkLimeError, load_sample, train_forest
from sparklime_core.errors import RunError, SparkError
from sparklime_core.jobs.fair_queue import QueueLimits
from sparklime_core.jobs.manager import JobManager, PersonalJobs
from sparklime_core.jobs.plan import RunPlan
from sparklime_core.jobs.spark_connection import SparkService
from sparklime_core.runs.access import Person
from sparklime_core.runs.manifest import RunState
from sparklime_core.runs.store import RunStore
from tests.disks import fill, small_disk

ANN, BEN = (Person(name, name, f"{name}@x.org", is_signed_in=True) for name in ("ann", "ben"))
OPERATOR = Person("olga", is_signed_in=True, is_operator=True)


class SlowSpark(SparkService):
    """A connection that is not there until it is let go, and then refuses."""

    def __init__(self):
        super().__init__()
        self.wanted, self.let_go = threading.Event(), threading.Event()

    def acquire(self):
        self.wanted.set()
        assert self.let_go.wait(60)
        raise SparkError("Nothing answers.")


@pytest.fixture(scope="module")
def plan():
    dataset = load_sample("wine")
    return RunPlan(dataset, train_forest(dataset, n_estimators=3))


@pytest.fixture
def spark():
    service = SlowSpark()
    yield service
    service.let_go.set()


def manager_of(folder, spark, running=1, waiting=20):
    return JobManager(RunStore(folder), spark, QueueLimits(running, waiting))


def ended(manager, run_id):
    """Wait for a run's end; return its manifest."""
    end = time.monotonic() + 240
    while run_id in manager.active():
        assert time.monotonic() < end
        time.sleep(0.02)
    return manager.store.open(run_id).manifest()


def test_everybody_sees_who_runs_and_who_waits_where(tmp_path, spark, plan):
    manager = manager_of(tmp_path, spark)
    ids = [manager.submit(plan, Person("ann"))]
    assert spark.wanted.wait(240)
    ids += [manager.submit(plan, Person("ann")), manager.submit(plan, Person("ben"))]
    entries = manager.queue()
    assert [(entry.run_id, entry.person, entry.position) for entry in entries] == [
        (ids[0], "ann", 0),
        (ids[2], "ben", 1),
        (ids[1], "ann", 2),
    ]
    assert {entry.title for entry in entries} == {"wine"}
    assert [entry.progress.stage for entry in entries] == ["connecting", "waiting", "waiting"]


def test_what_waits_and_what_connects_is_cancelled_at_once(tmp_path, spark, plan):
    manager = manager_of(tmp_path, spark)
    connecting = manager.submit(plan)
    assert spark.wanted.wait(240)
    waiting = manager.submit(plan)
    manager.cancel(waiting)
    assert manager.active() == [connecting]
    assert manager.store.open(waiting).manifest().state is RunState.CANCELLED
    manager.cancel(connecting)
    # Spark still has not answered.
    assert ended(manager, connecting).state is RunState.CANCELLED


def test_a_run_that_spark_refuses_says_so_and_the_next_has_its_turn(tmp_path, spark, plan):
    manager = manager_of(tmp_path, spark)
    ids = [manager.submit(plan) for _ in range(3)]
    spark.let_go.set()
    assert [ended(manager, run_id).error for run_id in ids] == ["Nothing answers."] * 3


def test_only_so_many_wait_and_one_too_many_leaves_nothing_behind(tmp_path, spark, plan):
    manager = manager_of(tmp_path, spark, waiting=1)
    manager.submit(plan)
    assert spark.wanted.wait(240)
    manager.submit(plan)
    with pytest.raises(SparkLimeError, match="The queue of this server is full: at most 1 may wait"):
        manager.submit(plan)
    assert len(manager.store.runs()) == 2


def test_a_run_is_resumed_by_one_person_only(tmp_path, spark, plan):
    manager = manager_of(tmp_path, spark)
    run_id = manager.submit(plan)
    manager.cancel(run_id)
    ended(manager, run_id)
    manager.resume(run_id, Person("ann"))
    with pytest.raises(SparkLimeError, match="there is nothing to resume"):
        manager.resume(run_id, Person("ben"))


def test_a_full_disk_does_not_stop_the_queue(tmp_path, spark, plan):
    with small_disk(tmp_path / "disk", 2) as disk:
        manager = manager_of(disk / "runs", spark)
        run_id = manager.submit(plan)
        assert spark.wanted.wait(240)
        (manager.store.open(run_id).folder / "reserve").unlink()
        filler = fill(disk)
        spark.let_go.set()
        assert ended(manager, run_id).state is RunState.INTERRUPTED
        filler.unlink()
        manager.resume(run_id)
        assert ended(manager, run_id).error == "Nothing answers."


@pytest.fixture
def manager(tmp_path, monkeypatch):
    monkeypatch.setattr(JobManager, "_work", lambda _: None)  # everything waits
    return JobManager(RunStore(tmp_path), SparkService(), QueueLimits(1, 20))


def test_a_stranger_neither_sees_nor_changes_what_waits(manager, plan):
    ann, ben, operator = (PersonalJobs(manager, person) for person in (ANN, BEN, OPERATOR))
    run_id = ann.submit(plan)
    seen = [
        (jobs.progress(run_id) is not None, len(jobs.queue()), jobs.waited(run_id) > 0) for jobs in (ann, operator)
    ]
    assert seen == [(True, 1, True)] * 2
    assert (ben.progress(run_id), ben.queue(), ben.waited(run_id)) == (None, [], 0.0)
    for change in (ben.cancel, ben.resume):
        with pytest.raises(RunError, match=f"There is no run '{run_id}' in the store, or it is another person's"):
            change(run_id)
    assert manager.active() == [run_id]

    ann.cancel(run_id)
    assert manager.active() == []
    with pytest.raises(RunError, match="or it is another person's"):
        ben.resume(run_id)
    ann.resume(run_id)
    operator.cancel(run_id)
    assert manager.store.open(run_id).manifest().state is RunState.CANCELLED


def test_who_may_look_at_a_run_sees_its_progress_and_does_not_cancel_it(manager, plan):
    ann, ben = PersonalJobs(manager, ANN), PersonalJobs(manager, BEN)
    run_id = ann.submit(plan)
    manager.store.of(ANN).share(run_id, BEN.email, with_all=False)
    assert [(entry.run_id, entry.person) for entry in ben.queue()] == [(run_id, "ann")]
    for change in (ben.cancel, ben.resume):
        with pytest.raises(RunError, match="you can read it, but not change it"):
            change(run_id)
    assert manager.active() == [run_id]
