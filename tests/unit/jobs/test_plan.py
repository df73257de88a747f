"""What a run is to explain."""

import dataclasses

import numpy as np
import pytest

from sparklime_core import SparkLimeError, load_sample, train_forest
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.jobs.plan import RunPlan


def test_a_plan_takes_all_test_or_some_rows():
    dataset = load_sample("penguins")
    plan = RunPlan(dataset, train_forest(dataset, n_estimators=2), ExplainSettings())
    assert len(dataclasses.replace(plan, rows="all").row_ids()) == plan.dataset.rows
    np.testing.assert_array_equal(dataclasses.replace(plan, rows="test").row_ids(), plan.model.test_rows)
    assert len(dataclasses.replace(plan, rows=10**6).row_ids()) == plan.dataset.rows
    for bad in ("some", 0, -1):
        with pytest.raises(SparkLimeError):
            dataclasses.replace(plan, rows=bad)
