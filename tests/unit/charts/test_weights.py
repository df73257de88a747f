"""The bars of an explanation."""

import json
from typing import Any

import pytest

from sparklime_core.charts.weights import KINDS, comparison_frame, fold_weights, weights_chart
from tests.unit.charts.specs import NASTY, fields_of, spec_of, values_of

EXPLANATION = [
    {"feature": "age", "feature_explanation": "age > 50.00", "weight": 0.5},
    {"feature": NASTY, "feature_explanation": f"{NASTY} <= 1.00", "weight": -0.3},
    {"feature": "island", "feature_explanation": "island=Biscoe", "weight": 0.1},
    {"feature": "sex", "feature_explanation": "sex=f", "weight": -0.25},
]


class TestFoldWeights:
    def test_the_strongest_keep_a_bar_and_the_rest_is_summed(self) -> None:
        bars = fold_weights(EXPLANATION, {}, 2)

        assert list(bars["weight"]) == pytest.approx([0.5, -0.3, -0.15])
        assert list(bars["kind"]) == [KINDS[0], KINDS[1], KINDS[2]]
        assert bars["text"].iloc[-1] == "2 more features together"

    def test_nothing_is_folded_where_all_fit(self) -> None:
        bars = fold_weights(EXPLANATION, {}, 4)

        assert len(bars) == 4
        assert KINDS[2] not in set(bars["kind"])

    def test_the_value_stands_beside_the_text_unless_the_text_says_it(self) -> None:
        bars = fold_weights(EXPLANATION, {"age": "63", "island": "Biscoe"}, 4)

        assert bars["label"].iloc[0] == "age > 50.00   (63)"
        assert bars["label"].iloc[2] == "island=Biscoe"

    def test_weights_are_shown_with_their_sign(self) -> None:
        assert list(fold_weights(EXPLANATION, {}, 4)["shown"]) == ["+0.5", "-0.3", "+0.1", "-0.25"]

    def test_spread_and_exact_weights_stand_beside_the_bars_that_have_them(self) -> None:
        bars = fold_weights(EXPLANATION, {}, 2, spread=[0.1, None, 9.0, 9.0], exact=[0.4, None, 9.0, 9.0])

        assert bars["low"].tolist()[0] == pytest.approx(0.4)
        assert bars["high"].tolist()[0] == pytest.approx(0.6)
        assert bars["std"].notna().tolist() == bars["exact"].notna().tolist() == [True, False, False]
        assert fold_weights(EXPLANATION, {}, 2)["std"].isna().all()

    def test_an_empty_explanation_has_no_bars(self) -> None:
        assert fold_weights([], {}, 5).empty


class TestWeightsChart:
    def test_error_bars_and_exact_weights_are_drawn_where_there_are_any(self) -> None:
        def marks(**beside: Any) -> list[str]:
            spec = spec_of(weights_chart(fold_weights(EXPLANATION, {}, 4, **beside), 0.8))
            return [layer["mark"]["type"] for layer in spec["layer"]]

        plain = marks()
        assert "tick" not in plain
        assert sorted(marks(spread=[0.1] * 4)) == sorted([*plain, "rule"])
        assert sorted(marks(spread=[0.1] * 4, exact=[None, 0.2, None, None])) == sorted([*plain, "rule", "tick"])
        assert marks(exact=[None] * 4) == plain

    def test_the_axis_is_the_same_on_both_sides_whatever_the_row(self) -> None:
        spec = spec_of(weights_chart(fold_weights(EXPLANATION, {}, 2), 0.8))

        scales = [layer["encoding"]["x"]["scale"] for layer in spec["layer"] if "scale" in layer["encoding"]["x"]]
        assert [scale["domain"] for scale in scales] == [[-0.8, 0.8]]

    def test_a_run_without_any_weight_still_has_an_axis(self) -> None:
        spec = spec_of(weights_chart(fold_weights([], {}, 2), 0.0))

        assert "[-1.0, 1.0]" in json.dumps(spec)

    def test_names_from_data_are_values_and_never_field_names(self) -> None:
        spec = spec_of(weights_chart(fold_weights(EXPLANATION, {}, 4), 1.0))

        assert fields_of(spec) == {"order", "weight", "text", "value", "kind", "label", "shown", "zero"}
        assert "<img src=x onerror=alert(1)>" in values_of(spec)


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
