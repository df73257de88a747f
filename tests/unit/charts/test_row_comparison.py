"""Two explanations on one chart."""

import pytest

from sparklime_core.charts.row_comparison import comparison_frame


def test_a_comparison_keeps_what_it_folds_in_view() -> None:
    def entry(feature: str, weight: float) -> dict[str, object]:
        return {"feature": feature, "feature_explanation": f"{feature} > 1", "weight": weight}

    lines = comparison_frame(
        [("a", [entry("x", 0.5), entry("y", -0.1)]), ("b", [entry("z", -0.6), entry("y", 0.2), entry("v", 0.1)])],
        2,
    )

    assert list(lines["feature"]) == ["z", "x", "2 more features together"] * 2
    assert list(lines["weight"]) == pytest.approx([0.0, 0.5, -0.1, -0.6, 0.0, 0.3])
    assert list(lines["condition"][:2]) == ["", "x > 1"]
