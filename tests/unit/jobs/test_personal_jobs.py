"""The jobs of a server as one person may see and change them."""

import pytest

from sparklime_core.errors import RunError
from sparklime_core.jobs.fair_queue import QueueLimits
from sparklime_core.jobs.manager import JobManager
from sparklime_core.jobs.personal_jobs import PersonalJobs
from sparklime_core.jobs.spark_connection import SparkService
from sparklime_core.runs.access import Person
from sparklime_core.runs.manifest import RunState
from sparklime_core.runs.store import RunStore

ANN, BEN = (Person(name, name, f"{name}@x.org", is_signed_in=True) for name in ("ann", "ben"))
OPERATOR = Person("olga", is_signed_in=True, is_operator=True)


@pytest.fixture(scope="module")
def plan():
    from sparklime_core import load_sample, train_forest
    from sparklime_core.jobs.plan import RunPlan

    dataset = load_sample("wine")
    return RunPlan(dataset, train_forest(dataset, n_estimators=3))


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
