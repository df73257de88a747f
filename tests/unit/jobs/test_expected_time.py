"""About how long a run will take, and on how many rows stability is measured."""

from dataclasses import replace

import pytest

from sparklime_core.data.table_source import load_sample
from sparklime_core.jobs.expected_time import SETUP_SECONDS, expected_seconds, usual_stability_rows
from sparklime_core.jobs.plan import RunPlan
from sparklime_core.models.train import train_forest


@pytest.fixture(scope="module")
def plan() -> RunPlan:
    dataset = load_sample("wine")
    return RunPlan(dataset, train_forest(dataset, n_estimators=3), stability=2)


def test_more_cores_and_fewer_measured_rows_make_it_shorter() -> None:
    every = expected_seconds("sampled", 300_000, cores=2, pools=5)
    some = expected_seconds("sampled", 300_000, cores=2, pools=5, stability_rows=20_000)
    assert expected_seconds("sampled", 300_000, cores=2) < some < every
    assert expected_seconds("sampled", 300_000, 4, 5) - SETUP_SECONDS == pytest.approx((every - SETUP_SECONDS) / 2)
    assert expected_seconds("sampled", 1, cores=2) == pytest.approx(SETUP_SECONDS, rel=0.01)
    assert expected_seconds("sampled", 300_000, cores=2, samples=10_000) > expected_seconds("sampled", 300_000, 2)
    assert expected_seconds("reference", 300_000, cores=2) > 100 * some
    assert expected_seconds("sampled", 300_000, 2, columns=10) == expected_seconds("sampled", 300_000, 2)
    assert expected_seconds("sampled", 300_000, 2, columns=1_000) > 500 * expected_seconds("sampled", 300_000, 2)


def test_of_small_tables_every_row_is_measured() -> None:
    assert usual_stability_rows(40_000) is None
    assert usual_stability_rows(336_776) == 20_000


@pytest.mark.parametrize(("wished", "every"), [(None, 1), (10_000, 1), (178, 1), (60, 3), (1, 178)])
def test_a_run_measures_one_row_in_so_many(wished: int | None, every: int, plan: RunPlan) -> None:
    assert plan.dataset.rows == 178
    assert replace(plan, stability_rows=wished).manifest("local[1]").measured_every == every
