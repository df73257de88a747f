"""The HTML of explanations: nothing runs, every text is a text, and both themes are there."""

import re

import pytest

from sparklime_core import Explanations
from tests.app.conftest import NASTY
from tests.unit.notebook.results import failed, nasty_table, result, table
from tests.unit.reports.document import Page


def page(found: Explanations) -> Page:
    return Page(found._repr_html_().encode())


def test_names_and_values_are_words_and_nothing_runs_or_is_loaded() -> None:
    html = (
        Explanations(nasty_table().slice(0, 5))._repr_html_() + Explanations(nasty_table().slice(5))._repr_html_()
    )
    found = Page(html.encode())

    assert set(found.tags) <= {"div", "style", "p", "section", "strong", "table", "tbody", "tr", "td", "span"}
    assert all(found.text.count(name) >= 2 for name in NASTY)
    assert not [name for name, _ in found.attributes if name not in ("class", "style", "aria-hidden")]
    assert "url(" not in html
    assert "@import" not in html


def test_the_first_explanations_are_shown_and_the_others_counted() -> None:
    found = page(Explanations(table(*(result(row, 0, 0.5) for row in range(2000)))))

    assert "2,000 explanations of 2,000 rows. The first 5 are shown." in found.text
    assert [found.text.count(f"Row {row},") for row in range(6)] == [1, 1, 1, 1, 1, 0]
    assert "shown" not in page(Explanations(table(result(0, 0, 0.5)))).text


def test_an_explanation_says_what_it_stands_on() -> None:
    found = page(Explanations(table(result(7, 1, 0.25), failed(8))))

    assert "Row 7, label class 1" in found.text
    assert "The model predicts 0.25, the surrogate 0.65. The 2 features account for 80%" in found.text
    assert "age > 3.00 +0.25" in found.text
    assert "income > 3.00 -0.1" in found.text
    assert "Row 8 This row could not be explained: The value of 'age' is missing." in found.text
    assert ".." not in found.text


def test_bars_are_as_long_as_their_weights_and_on_their_side() -> None:
    html = Explanations(table(result(0, 0, 0.5)))._repr_html_()

    assert re.findall(r'<span class="(\w+)" style="width: ([\d.]+)%"', html) == [
        ("for", "100.0"),
        ("against", "40.0"),
    ]


def test_weaker_features_are_counted() -> None:
    weights = {f"x{at}": 0.5 - at / 100 for at in range(13)}

    assert "3 weaker features more." in page(Explanations(table(result(0, 0, 0.5, weights)))).text


@pytest.mark.parametrize("rule", ["prefers-color-scheme: dark", "color-scheme: light dark"])
def test_there_are_colours_for_both_themes(rule: str) -> None:
    style = Explanations(table(result(0, 0, 0.5)))._repr_html_()

    assert rule in style
    assert all(line.startswith((".sparklime-explanations", "@media", "  ")) for line in rules(style))


def rules(html: str) -> list[str]:
    return [line for line in html.partition("<style>")[2].partition("</style>")[0].splitlines() if line]
