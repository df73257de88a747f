"""Which row is chosen."""

import pytest

from sparklime_core.dashboard.shared.session_state import clicked_point, clicked_row, line_of, whole_number


class TestSelection:
    def test_a_selected_line_is_its_row(self) -> None:
        assert clicked_row([1], [7, 9]) == 9

    @pytest.mark.parametrize("selected", [[], [2], [-1]])
    def test_no_line_or_one_that_is_gone_is_no_row(self, selected: list[int]) -> None:
        assert clicked_row(selected, [7, 9]) is None

    def test_a_clicked_point_is_its_row(self) -> None:
        assert clicked_point([{"row_id": 9}]) == 9
        assert clicked_point([]) is None
        assert clicked_point([{"other": 1}]) is None

    def test_the_chosen_row_is_marked_where_it_is_on_the_page(self) -> None:
        assert line_of(9, [7, 9]) == [1]
        assert line_of(8, [7, 9]) == []
        assert line_of(None, [7, 9]) == []

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("12", 12),
            ("0", 0),
            (None, None),
            ("-1", None),
            ("x", None),
            ("<b>", None),
            ("1e3", None),
            ("", None),
            ("²", None),
            ("9" * 30, None),
        ],
    )
    def test_a_url_holds_whole_numbers_or_nothing(self, text: str | None, found: int | None) -> None:
        assert whole_number(text) == found
