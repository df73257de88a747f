"""What charts say to people who cannot see them."""

import re
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from sparklime_core.charts.chart_files import chart_svg
from sparklime_core.charts.chart_parts import LONGEST_NAME, NOTHING, described, span, strongest
from sparklime_core.charts.chart_template import filled
from sparklime_core.charts.overview import importance_chart
from sparklime_core.charts.weights import fold_weights, weights_chart
from tests.unit.charts.every_chart import CHARTS


def values_of(frames: Iterator[pd.DataFrame]) -> Iterator[float]:
    for frame in frames:
        for name in frame.select_dtypes("number"):
            yield from frame[name].dropna().map(float)


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_names_a_value_of_its_data(name: str) -> None:
    chart = filled(CHARTS[name]())

    _, *facts = chart.description.split("; ")
    said = [float(text.replace(",", "")) for text in re.findall(r"[-+]?\d[\d,]*\.?\d*", " ".join(facts))]

    values = set(values_of(iter(chart.data.values())))
    assert any(
        one == pytest.approx(value, rel=0.01) for one in said for value in values | {v * 100 for v in values}
    )


@pytest.mark.parametrize("name", CHARTS)
def test_every_mark_of_a_chart_is_there(name: str) -> None:
    assert re.findall(r'<g class="mark-[a-z]+ role-mark[^>]*/>', chart_svg(CHARTS[name]())) == []


def test_the_weights_that_stand_out_are_named_with_their_signs() -> None:
    entries = [
        {"feature": name, "feature_explanation": f"{name} > 1", "weight": weight}
        for name, weight in (("a", -0.214), ("b", 0.05), ("c", 0.1), ("d", 0.01))
    ]

    chart = weights_chart(fold_weights(entries, {}, 9), 1.0)

    assert chart.description == "Bar chart of 4 weights; largest: a > 1 -0.214, c > 1 +0.1, b > 1 +0.05"


def test_names_are_printable_and_cut() -> None:
    long = "x" * 300
    frame = pd.DataFrame({"feature": [f"a\u202e{long}", long], "mean_weight": [0.5, 0.2], "rows": [1, 1]})

    description: Any = filled(importance_chart(frame)).spec("light")["description"]

    assert "a\\u202exxx" in description
    assert max(map(len, re.findall("x+", description))) <= LONGEST_NAME
    assert description.count("0.5") == description.count("0.2") == 1


def test_what_is_missing_is_not_said() -> None:
    assert strongest(["a", "b"], [None, 0.5]) == "largest: b +0.5"
    assert strongest([], []) == span("fit", []) == ""
    assert described("Points of 0 rows", "", "") == NOTHING
