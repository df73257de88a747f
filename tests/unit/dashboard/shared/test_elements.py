"""A chart on a page."""

import pytest
from altair.typing import ChartType

from sparklime_core.charts.weights import fold_weights, weights_chart
from sparklime_core.dashboard.shared.elements import LONGEST_FILE_NAME, file_name

NASTY = "a.b[0] <img src=x onerror=alert(1)> & </svg><script>"


@pytest.fixture(scope="module")
def chart() -> ChartType:
    explanation = [
        {"feature": NASTY, "feature_explanation": f"{NASTY} > 1", "weight": 0.5},
        {"feature": "b", "feature_explanation": "**b** <= 2", "weight": -0.25},
    ]
    return weights_chart(fold_weights(explanation, {}, 5), 0.6)


@pytest.mark.parametrize(
    ("alt", "name"),
    [("Weights of row 3", "weights-of-row-3"), ("../../<b>", "b"), ("", "chart"), ("é", "chart")],
)
def test_a_file_is_called_what_the_chart_shows(alt: str, name: str) -> None:
    assert file_name(alt) == name
    assert len(file_name("long " * 100)) <= LONGEST_FILE_NAME
