"""Texts of the data and numbers as pages show them."""

import pytest

from sparklime_core.dashboard.shared.messages import plain
from sparklime_core.wording import count, duration, number, speed

NASTY = (
    "<img src=x onerror=alert(1)>",
    "**bold**",
    "$x$ and $$y$$",
    ":red[x]",
    ":smile:",
    ":material/home:",
    "[a](https://example.org)",
    "`code`",
    "a -> b",
    "# title",
    "- item",
    "1. item",
    "www.example.org",
    "=1+1",
)


class TestPlain:
    @pytest.mark.parametrize("text", NASTY)
    def test_no_mark_of_punctuation_is_left_to_markdown(self, text: str) -> None:
        shown = plain(text)

        marks = [
            at
            for at, letter in enumerate(shown)
            if letter.isascii() and not letter.isalnum() and letter not in " \\"
        ]
        assert marks
        assert all(shown[at - 1] == "\\" for at in marks)

    @pytest.mark.parametrize("text", NASTY)
    def test_without_the_escapes_it_is_the_text(self, text: str) -> None:
        assert plain(text).replace("\\", "").replace("\u2060", "") == text

    @pytest.mark.parametrize("text", [":smile:", ":material/home:", "a -> b", "a <= b"])
    def test_short_codes_and_arrows_are_broken_up(self, text: str) -> None:
        assert "\u2060" in plain(text)

    def test_it_is_one_line(self) -> None:
        assert plain("a\n\n# b\tc") == "a \\# b c"


def test_numbers_have_their_units_and_sensible_digits() -> None:
    assert count(1, "row") == "1 row"
    assert count(1200, "row") == "1,200 rows"
    assert count(2, "class", "classes") == "2 classes"
    assert [duration(seconds) for seconds in (0.04, 9.94, 59.4, 200, 3900)] == [
        "0.0 s",
        "9.9 s",
        "59 s",
        "3 min 20 s",
        "1 h 5 min",
    ]
    assert [speed(rate) for rate in (0.81, 12.3, 4321.0)] == ["0.8 rows/s", "12 rows/s", "4,321 rows/s"]
    assert [number(value) for value in (0.123456, 12345.6, 151.0)] == ["0.1235", "12,346", "151"]
