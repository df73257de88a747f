import numpy as np
import pytest

from sparklime_core import SparkLimeError, load_sample, read_csv, train_forest
from sparklime_core.data.build_dataset import read_rows
from sparklime_core.data.table_source import sample_csv
from sparklime_core.explain.settings import ExplainerSettings, ExplainSettings
from sparklime_core.jobs.plan import RunPlan, plan_new_rows
from sparklime_core.models.own_model import adopt_model
from sparklime_core.runs.store import RunStore


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path)


@pytest.fixture(scope="module")
def penguins():
    return load_sample("penguins")


def test_new_rows_are_planned_and_stored_with_the_table_that_the_model_has_seen(store, penguins):
    plan = RunPlan(penguins, train_forest(penguins, n_estimators=5))
    earlier = store.create(plan.manifest("local[2]"), plan.inputs())
    lines = sample_csv("penguins").splitlines(keepends=True)
    new = read_rows(b"".join([lines[0], *lines[5:9]]), earlier.inputs().learnt_from.encoding, name="new")
    later_plan = plan_new_rows(earlier, new, ExplainSettings(), ExplainerSettings())
    later = store.create(later_plan.manifest("local[2]"), later_plan.inputs())
    inputs = later.inputs()
    assert inputs.dataset.name == "new"
    np.testing.assert_array_equal(inputs.dataset.features, penguins.features[4:8])
    np.testing.assert_array_equal(inputs.learnt_from.features, penguins.features)
    assert inputs.learnt_from.encoding == inputs.dataset.encoding == penguins.encoding
    np.testing.assert_array_equal(inputs.test_rows, inputs.row_ids)
    assert later.manifest().model.metrics == plan.model.metrics.as_dict()
    # New rows of new rows are explained by the same model.
    again = plan_new_rows(later, new, ExplainSettings(), ExplainerSettings(), rows="test")
    assert again.training is not None
    assert again.training.name == "penguins"
    assert len(again.row_ids()) == 4


def test_rows_without_a_target_are_stored_as_such(store):
    for target, task in (("x,,y,x,y,x", "auto"), ("1.5,,2.5,3.5,4.5,1", "regression")):
        lines = "\n".join(f"{row},{label}" for row, label in enumerate(target.split(",")))
        dataset = read_csv(f"a,t\n{lines}\n".encode(), "t", task=task)
        plan = RunPlan(dataset, train_forest(dataset, n_estimators=2, test_size=0.4))
        inputs = store.create(plan.manifest("local[2]"), plan.inputs()).inputs()
        np.testing.assert_array_equal(inputs.dataset.target, dataset.target)
        assert inputs.dataset.labelled.tolist() == [True, False, True, True, True, True]


def test_no_rows_are_known_to_be_new_to_a_model_from_elsewhere(penguins):
    model = adopt_model(train_forest(penguins, n_estimators=2).estimator, penguins)
    with pytest.raises(SparkLimeError, match="test rows of this model are unknown"):
        RunPlan(penguins, model, rows="test")
