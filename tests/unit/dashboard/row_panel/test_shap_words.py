"""What is said of SHAP beside LIME, and the frames that are drawn of it."""

import numpy as np
import pytest

from sparklime_core.charts.weights import rows_comparison_chart
from sparklime_core.dashboard.row_panel.shap_words import (
    Figures,
    agreed_rows,
    agreement_figures,
    agreement_words,
    shares,
    shares_frame,
    signs_compare,
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
    sentence = agreement_words(Agreement(5, 4, rank, 2, 3), signs=True)
    assert sentence.startswith("They agree on the sign of 4 of 5 features")
    assert told in sentence


def test_without_signs_the_order_is_left() -> None:
    assert agreement_words(Agreement(5, 4, 0.9, 2, 3), signs=False) == "They order the 5 features nearly alike."
    assert agreement_words(Agreement(2, 1, None, 2, 2), signs=False) == ""


def test_other_units_are_said() -> None:
    assert units_words("margin", "margin", classes=2) is None
    assert "the log-odds: compare signs and order" in str(units_words("probability", "margin", classes=2))
    assert "the raw score" in str(units_words("probability", "margin", classes=0))


def test_the_raw_score_of_one_of_several_classes_has_no_sign_to_compare() -> None:
    words = str(units_words("probability", "margin", classes=3))
    assert "the class's raw score, which may rise while its probability falls" in words
    assert "log-odds" not in words
    assert units_words("margin", "margin", classes=3) is None
    compared = [signs_compare("probability", "margin", classes) for classes in (0, 2, 3)]
    assert [*compared, signs_compare("margin", "margin", 3)] == [True, True, False, True]


def test_rows_that_name_nothing_do_not_count() -> None:
    lime = np.array([[0.3, 0.2, np.nan], [np.nan, np.nan, np.nan], [0.4, 0.0, np.nan]])
    shap = np.array([[0.3, 0.2, 0.1], [0.3, 0.2, 0.1], [-0.1, 0.5, 0.2]])
    agreed = agreed_rows([0, 1, 2], lime, shap, signs=True)

    assert list(agreed["row_id"]) == [2, 0]
    assert agreement_figures(agreed) == Figures("50% of rows", "1.0 of 1.5", "67%", "unknown")
    nothing = agreed_rows([1], lime[1:2], shap[1:2], signs=True)
    assert agreement_figures(nothing) == Figures(*["unknown"] * 4)
    assert agreement_figures(agreed_rows([], lime[:0], shap[:0], signs=True)) == Figures(*["unknown"] * 4)


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
    assert list(agreed_rows([7, 8, 9], lime, shap, signs=True)["row_id"]) == [9, 8, 7]
    assert list(agreed_rows([7, 8, 9], lime, shap, signs=False)["row_id"]) == [9, 7, 8]
