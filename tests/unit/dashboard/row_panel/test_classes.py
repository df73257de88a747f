"""Explanations of several classes of a row."""

from sparklime_core.dashboard.row_panel.classes import compared_classes


def test_classes_are_compared_by_their_strongest_conditions() -> None:
    def explained(name: str, **weights: float) -> dict[str, object]:
        return {
            "label_name": name,
            "explanation": [{"feature_explanation": text, "weight": weight} for text, weight in weights.items()],
        }

    cells = compared_classes(
        [explained("x", a=0.5, b=-0.1), explained("y", c=-0.7, a=0.2), explained("z", d=9.0)], 2, 2
    )

    assert list(cells.itertuples(index=False, name=None)) == [
        ("x", 0, "a", 1, 0.5),
        ("y", 1, "c", 0, -0.7),
        ("y", 1, "a", 1, 0.2),
    ]
