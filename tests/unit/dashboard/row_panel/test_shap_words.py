"""What is said of SHAP beside LIME, and the frames that are drawn of it."""

import numpy as np
import pytest

from sparklime_core.charts.row_comparison import rows_comparison_chart
from sparklime_core.dashboard.row_panel.shap_words import (
    agreed_rows,
    agreement_words,
    shares,
    shares_frame,
    units_words,
    values_frame,
)
from sparklime_core.explain.shap_agreement import Agreement

NAMES = ["age", "sex", "town"]
LIME, SHAP = np.array([0.3, np.nan, -0.1]), np.array([0.1, 0.1, 0.2])


@pytest.mark.parametrize(
    ("rank", "told"),
    [
        (0.9, "order them nearly alike"),
        (0.6, "roughly alike"),
        (-0.2, "order them differently"),
        (None, "features."),
    ],
)
def test_agreement_is_a_sentence(rank: float | None, told: str) -> None:
    sentence = agreement_words(Agreement(5, 4, rank, 2, 3))
    assert sentence.startswith("They agree on the sign of 4 of 5 features")
    assert told in sentence


def test_other_units_are_said() -> None:
    assert units_words("margin", "margin", regression=False) is None
    assert "the log-odds" in str(units_words("probability", "margin", regression=False))
    assert "the raw score" in str(units_words("probability", "margin", regression=True))


def test_each_methods_sizes_add_up_to_one() -> None:
    np.testing.assert_allclose(shares(np.stack([LIME, SHAP])), [[0.75, 0, -0.25], [0.25, 0.25, 0.5]])
    np.testing.assert_array_equal(shares(np.zeros(3)), np.zeros(3))


def test_the_chart_has_every_feature_that_either_method_names() -> None:
    lines = shares_frame(NAMES, shares(LIME), shares(SHAP), {"age": "age > 30"}, 10)

    assert list(lines.drop_duplicates("order")["feature"]) == ["age", "town", "sex"]
    own = lines[lines["name"] == "LIME"].set_index("feature")["weight"]
    assert own.to_dict() == pytest.approx({"age": 0.75, "town": -0.25, "sex": 0.0})
    says = rows_comparison_chart(lines, ("LIME", "SHAP"), 0.0, axis="Share").description
    assert says.endswith(
        "largest of LIME: age +0.75, town -0.25, sex +0; largest of SHAP: town +0.5, age +0.25, sex +0.25"
    )


def test_the_table_begins_with_limes_strongest() -> None:
    table = values_frame(NAMES, {"age": "31"}, LIME, SHAP)
    assert list(table["feature"]) == ["age", "town", "sex"]
    assert list(table["value"]) == ["31", "", ""]
    assert np.isnan(table["lime"][2])


def test_rows_that_agree_least_come_first() -> None:
    lime = np.array([[0.3, 0.2, 0.1], [0.3, 0.2, 0.1], [0.3, np.nan, np.nan]])
    shap = np.array([[0.3, 0.2, 0.1], [-0.3, -0.2, 0.1], [-0.3, 0.4, 0.1]])
    assert list(agreed_rows([7, 8, 9], lime, shap)["row_id"]) == [9, 8, 7]
