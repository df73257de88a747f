"""What a run keeps of its data and model."""

import numpy as np


def test_inputs_come_back_as_they_were(run, plan):
    inputs = run.inputs()
    for name in ("feature_names", "class_names", "categorical_names", "missing_values", "report", "target_name"):
        assert getattr(inputs.dataset, name) == getattr(plan.dataset, name)
    np.testing.assert_array_equal(inputs.dataset.features, plan.dataset.features)
    np.testing.assert_array_equal(inputs.test_rows, plan.model.test_rows)
    np.testing.assert_array_equal(inputs.row_ids, plan.row_ids())
    np.testing.assert_array_equal(
        inputs.estimator.predict_proba(plan.dataset.features), plan.model.predict_fn(plan.dataset.features)
    )
