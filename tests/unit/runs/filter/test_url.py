"""Which rows are wanted, in a link."""

import pytest

from sparklime_core.errors import SettingsError
from sparklime_core.runs.filter.conditions import Range, ValueCondition, WeightCondition
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.filter.url import filter_text, read_filter
from tests.unit.runs.filter.filters import EVERYTHING


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
            "label.99",
            "value99.1_2",
            "~.~",
            "<b>x</b>",
        ],
    )
    def test_what_a_run_does_not_know_is_left_out(self, text: str) -> None:
        assert read_filter(text, 3, 2) == RowFilter()

    def test_without_classes_nothing_is_right_or_wrong(self) -> None:
        assert read_filter("outcome.wrong~label.0", 3, 0) == RowFilter()
        assert read_filter("outcome.failed", 3, 0) == RowFilter(outcome="failed")


def test_of_two_terms_about_one_thing_the_last_one_holds() -> None:
    found = read_filter("value0.1_2~value0.3_4~weight1.0_1~weight1.0.5_~label.0~label.1~value2.is_1_1_0", 3, 2)

    assert found.values == (ValueCondition(0, Range(3, 4)), ValueCondition(2, codes=(1, 0)))
    assert found.weights == (WeightCondition(1, Range(0.5)),)
    assert found.label == 1


def test_a_link_of_many_terms_is_short_or_a_sentence() -> None:
    assert len(read_filter("~".join(["weight0.1_2"] * 20_000), 3, 2).weights) == 1
    with pytest.raises(SettingsError, match="can have 50 conditions on values, not 1,000"):
        read_filter("~".join(f"value{at}.1_2" for at in range(1000)), 1000, 2)
    with pytest.raises(SettingsError, match="can have 50 conditions on weights, not 5,000"):
        RowFilter(weights=(WeightCondition(0),) * 5000)
