"""A run of two blocks, and what explaining its rows gives."""

import numpy as np
import pytest

from sparklime_core import build_explainer, load_sample, train_forest
from sparklime_core.explain.explain_rows import explain_rows
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.explain.task import BLOCK_ROWS
from sparklime_core.jobs.plan import RunPlan
from sparklime_core.runs.store import RunStore


@pytest.fixture(scope="session")
def plan():
    dataset = load_sample("penguins")
    settings = ExplainSettings(engine="reference", num_samples=100)
    return RunPlan(dataset, train_forest(dataset, n_estimators=5), settings, rows=BLOCK_ROWS + 4)


@pytest.fixture(scope="session")
def explained(plan):
    rows = plan.dataset.features[plan.row_ids()].copy()
    rows[2, 1] = np.nan
    return explain_rows(
        build_explainer(plan.dataset), plan.model.predict_fn, rows, engine="sampled", num_samples=100
    )


@pytest.fixture
def run(plan, tmp_path):
    return RunStore(tmp_path).create(plan.manifest("local[2]"), plan.inputs())
