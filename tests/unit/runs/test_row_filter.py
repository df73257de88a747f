import pytest

from sparklime_core.dashboard.rows.filter_words import limits_of
from sparklime_core.data.feature_encoding import Feature
from sparklime_core.runs.row_filter import (
    Range,
    RowFilter,
    ValueCondition,
    WeightCondition,
    filter_text,
    read_filter,
)

EVERYTHING = RowFilter(
    outcome="wrong",
    label=1,
    truth=0,
    test_only=True,
    prediction=Range(0.5, 0.75),
    error=Range(0.1, None),
    score=Range(None, 0.4),
    stability=Range(0.9, None),
    values=(
        ValueCondition(0, Range(-1.5, 2e-05)),
        ValueCondition(1, codes=(0, 2)),
        ValueCondition(2, missing=True),
    ),
    weights=(WeightCondition(0, Range(None, -0.1)), WeightCondition(2)),
    top_feature="**age** ~ 1.5 <b>&",
    executor="driver",
    error_text="not a number~",
    order="weight",
    descending=True,
    order_feature=2,
)
FEATURES = (
    Feature("**age**", "age", "number", missing=-99.0),
    Feature("sex", "sex", "text", categories=("f", "m", "missing")),
    Feature("income", "income", "number", missing=-1.0),
)


class TestLink:
    def test_a_filter_comes_back_from_its_text(self) -> None:
        assert read_filter(filter_text(EVERYTHING), 3, 2) == EVERYTHING

    def test_the_usual_filter_needs_no_text(self) -> None:
        assert filter_text(RowFilter()) == ""
        assert read_filter("", 3, 2) == RowFilter()

    def test_a_link_needs_no_escapes_but_those_of_names(self) -> None:
        plain = RowFilter(outcome="wrong", score=Range(0.4, None), values=(ValueCondition(0, Range(-1.5, 2)),))

        assert filter_text(plain) == "outcome.wrong~score.0.4_~value0.-1.5_2"

    @pytest.mark.parametrize(
        "text",
        [
            "nonsense",
            "label.7",
            "label.-1",
            "value9.0_1",
            "weight.1_2",
            "outcome.maybe",
            "sort.secret",
            "sort.weight9",
            "score.a_b",
            "score.nan_inf",
            "~~~..__",
            "rows.all",
            "executor.",
            "label.²",
        ],
    )
    def test_what_a_run_does_not_know_is_left_out(self, text: str) -> None:
        assert read_filter(text, 3, 2) == RowFilter()

    def test_without_classes_nothing_is_right_or_wrong(self) -> None:
        assert read_filter("outcome.wrong~label.0", 3, 0) == RowFilter()
        assert read_filter("outcome.failed", 3, 0) == RowFilter(outcome="failed")


class TestWords:
    def test_every_limit_is_said_and_can_be_taken_away(self) -> None:
        limits = limits_of(EVERYTHING, FEATURES, ("no", "yes"))

        assert [limit.text for limit in limits] == [
            "wrong",
            "predicted yes",
            "truly no",
            "test rows",
            "probability 0.5 to 0.75",
            "error ≥ 0.1",
            "local R² ≤ 0.4",
            "stability ≥ 0.9",
            "strongest reason: **age** ~ 1.5 <b>&",
            "executor driver",
            "not explained: not a number~",
            "**age** -1.5 to 2e-05",
            "sex = f or missing",
            "income is missing",
            "weight of **age** ≤ -0.1",
            "weight of income is there",
        ]
        assert all(len(limits_of(limit.without, FEATURES, ("no", "yes"))) == len(limits) - 1 for limit in limits)
        assert all(limit.without.order == "weight" for limit in limits)

    def test_taking_all_away_leaves_the_order(self) -> None:
        left = EVERYTHING
        while limits := limits_of(left, FEATURES, ("no", "yes")):
            left = limits[0].without

        assert left == RowFilter(order="weight", descending=True, order_feature=2)
