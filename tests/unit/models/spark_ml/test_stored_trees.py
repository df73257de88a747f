"""Spark's trees in a run: the same model through bytes, and damaged bytes."""

import numpy as np
import pytest

from sparklime_core import ExplainSettings, SparkLimeError, load_model, read_csv
from sparklime_core.jobs.plan import RunPlan
from sparklime_core.models.spark_ml.stored_trees import dump_trees, restore_trees
from sparklime_core.runs.store import RunStore
from tests.unit.models.spark_ml.saved import leaf, pipeline, split
from tests.unit.models.spark_ml.test_read_model import CONTENT, assembler, imputer, indexer, trees


@pytest.fixture
def dataset():
    return read_csv(CONTENT.encode(), "good", name="houses")


@pytest.fixture
def model(tmp_path, dataset):
    root = split(0, split(1, leaf(0.0), leaf(1.0), among=[0.0], of=4), leaf(2.0), below=1.0)
    kinds = trees(root, leaf(1.0), kind="GBTClassificationModel")
    return load_model(pipeline(tmp_path / "model", imputer, indexer, assembler, kinds), dataset)


def test_a_run_keeps_the_trees(tmp_path, model, dataset):
    wanted = model.predict_fn(dataset.features)
    again = restore_trees(dump_trees(model.estimator))
    np.testing.assert_array_equal(again.predict_proba(dataset.features), wanted)
    assert again.classes_ == ("no", "yes")
    plan = RunPlan(dataset, model, ExplainSettings(output="margin", engine="exact", num_samples=60))
    run = RunStore(tmp_path).create(plan.manifest("local[2]"), plan.inputs())
    inputs = run.inputs()
    np.testing.assert_array_equal(inputs.estimator.predict_proba(inputs.dataset.features), wanted)
    stored = run.folder / "model.sparktrees"
    np.testing.assert_array_equal(load_model(stored, dataset).predict_fn(dataset.features), wanted)


@pytest.mark.parametrize("change", [{"left": [0]}, {"feature": [9]}, {"roots": [99]}, {"chosen": [5]}])
def test_damaged_bytes_are_refused(tmp_path, model, dataset, change):
    (name, values), trees = next(iter(change.items())), model.estimator.ensemble
    spoilt = getattr(trees, name).copy()
    spoilt[: len(values)] = values
    object.__setattr__(trees, name, spoilt)
    (tmp_path / "mine.sparktrees").write_bytes(dump_trees(model.estimator))
    with pytest.raises(SparkLimeError, match="file of Spark's trees is damaged"):
        load_model(tmp_path / "mine.sparktrees", dataset)
    (tmp_path / "cut.sparktrees").write_bytes(dump_trees(model.estimator)[:-90])
    with pytest.raises(SparkLimeError, match="file of Spark's trees is damaged"):
        load_model(tmp_path / "cut.sparktrees", dataset)
