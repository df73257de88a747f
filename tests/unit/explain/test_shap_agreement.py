"""Agreement of LIME and SHAP, by hand."""

import numpy as np
import pytest
from lime.lime_tabular import LimeTabularExplainer

from sparklime_core import explain_rows, load_sample, train_forest
from sparklime_core.errors import DataError
from sparklime_core.explain.explainer import build_explainer
from sparklime_core.explain.shap_agreement import SCHEMA, Agreement, agreement, lime_parts, shap_agreement
from sparklime_core.explain.shap_values import tree_shap

NONE = float("nan")


@pytest.mark.parametrize(
    ("weights", "values", "found"),
    [
        ([0.5, -0.3, 0.2], [0.9, -0.2, 0.1], Agreement(3, 3, 1.0, 3, 3)),
        ([0.5, -0.3, 0.2], [0.1, 0.2, 0.9], Agreement(3, 2, -1.0, 3, 3)),
        ([0.5, -0.3, 0.2, NONE], [0.0, -0.2, 0.1, 7.0], Agreement(3, 2, -0.5, 2, 3)),
        ([NONE, 0.4, NONE, -0.1], [9.0, 0.1, 0.0, 0.2], Agreement(2, 1, None, 1, 2)),
        ([0.3, 0.2, 0.1], [0.0, 0.0, 0.0], Agreement(3, 0, None, 0, 3)),
        ([NONE, NONE], [1.0, 2.0], Agreement(0, 0, None, 0, 0)),
    ],
)
def test_agreement_by_hand(weights: list[float], values: list[float], found: Agreement) -> None:
    measured = agreement(np.array(weights), np.array(values))
    assert measured.rank == (None if found.rank is None else pytest.approx(found.rank))
    assert vars(measured) | {"rank": 0} == vars(found) | {"rank": 0}


def test_a_slope_counts_by_the_distance_from_the_mean() -> None:
    random = np.random.RandomState(0)
    table = np.column_stack([random.normal(5.0, 2.0, 50), random.randint(0, 2, 50)])
    explainer = LimeTabularExplainer(
        table, mode="regression", discretize_continuous=False, categorical_features=[1], random_state=0
    )
    mean, spread = table[:, 0].mean(), table[:, 0].std()
    weights = np.array([[3.0, 0.5], [3.0, np.nan]])
    rows = np.array([[mean + spread, 1.0], [mean - 2 * spread, 0.0]])
    np.testing.assert_allclose(lime_parts(explainer, weights, rows), [[3.0, 0.5], [-6.0, np.nan]])


def test_results_are_compared_one_by_one() -> None:
    dataset = load_sample("penguins")
    model = train_forest(dataset, n_estimators=10)
    explainer = build_explainer(dataset)
    rows = dataset.features[:8]
    results = explain_rows(explainer, model, rows, labels="all")

    found = shap_agreement(results, explainer, tree_shap(model, "classification"), rows)

    assert found.schema == SCHEMA
    assert found["row_id"].to_pylist() == results["row_id"].to_pylist()
    assert found["label"].to_pylist() == results["label"].to_pylist()
    table = found.to_pandas()
    assert (table["same_sign"] <= table["named"]).all()
    assert table["same_sign"].sum() > 0.6 * table["named"].sum()
    assert table["shared"].mean() > 1.5
    with pytest.raises(DataError, match="There are 4 rows, and a result is of row 7"):
        shap_agreement(results, explainer, tree_shap(model, "classification"), rows[:4])
