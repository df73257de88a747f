"""lime as people call it answers as the reference engine does, under the same random state."""

import pytest

from sparklime_core.data.table_source import load_sample
from sparklime_core.explain.explain_rows import explain_rows
from sparklime_core.explain.explainer import build_explainer
from sparklime_core.explain.explainer_facts import seeded
from sparklime_core.explain.reference_engine import explain_plainly
from sparklime_core.models.train import train_forest


@pytest.mark.parametrize("name", ["wine", "diabetes"])
def test_it_explains_what_the_model_predicts(name: str) -> None:
    dataset = load_sample(name)
    predict_fn = train_forest(dataset, n_estimators=8, max_depth=4).predict_fn
    explainer, rows = build_explainer(dataset), dataset.features[:2]
    wanted = explain_rows(explainer, predict_fn, rows, engine="reference", num_features=5, num_samples=300, seed=7)

    for row, explanation in zip(rows, wanted["explanation"].to_pylist(), strict=True):
        found = explain_plainly(seeded(explainer, 7), predict_fn, row, num_features=5, num_samples=300)

        assert found == [(entry["feature_explanation"], entry["weight"]) for entry in explanation]
