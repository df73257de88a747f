"""Which rows are wanted, in a link."""

import pytest

from sparklime_core.runs.row_filter import (
    Range,
    RowFilter,
    ValueCondition,
    filter_text,
    read_filter,
)
from tests.unit.runs.filters import EVERYTHING


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
