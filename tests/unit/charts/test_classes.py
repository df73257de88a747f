"""Charts of classes."""

import pandas as pd

from sparklime_core.charts.classes import classes_comparison_chart, probabilities_chart
from tests.unit.charts.specs import NASTY, fields_of, spec_of


def test_probabilities_are_drawn_from_zero_to_one() -> None:
    frame = pd.DataFrame(
        {"order": [0, 1], "name": [NASTY, "b"], "probability": [0.9, 0.1], "role": ["explained class"] * 2}
    )

    spec = spec_of(probabilities_chart(frame))

    assert spec["layer"][0]["encoding"]["x"]["scale"]["domain"] == [0, 1]
    assert fields_of(spec) == {"order", "name", "probability", "role"}


def test_classes_are_compared_on_one_scale() -> None:
    cells = pd.DataFrame(
        [("x", 0, NASTY, 0, 0.5), ("y", 1, NASTY, 0, -0.7), ("y", 1, "b", 1, 0.1)],
        columns=["name", "class_order", "text", "order", "weight"],
    )

    spec = spec_of(classes_comparison_chart(cells))

    (colour,) = [
        layer["encoding"]["color"] for layer in spec["layer"] if "scale" in layer["encoding"].get("color", {})
    ]
    assert colour["scale"]["domain"] == [-0.7, 0, 0.7]
    assert fields_of(spec) == {"name", "class_order", "text", "order", "weight"}
