"""Frames of one row."""

import numpy as np
import pytest

from sparklime_core.dashboard.row_panel.row_frames import classes_frame, compared_classes, values_frame
from sparklime_core.data.dataset import DataReport, Dataset
from sparklime_core.data.feature_encoding import Encoding, Feature
from sparklime_core.runs.row_view import view_row


@pytest.fixture
def dataset() -> Dataset:
    return Dataset(
        name="t",
        features=np.array([[1.0, 0.0], [2.0, 1.0]]),
        target=np.array([0, 1]),
        encoding=Encoding(
            (Feature("age", "age", "number"), Feature("sex", "sex", "text", categories=("f", "m"))),
            "y",
            ("no", "yes"),
        ),
        report=DataReport(2, ()),
    )


def result(label: int, prediction: float | None) -> dict[str, object]:
    return {
        "row_id": 1,
        "label": label,
        "label_name": ("no", "yes")[label],
        "prediction": prediction,
        "local_prediction": 0.6,
        "intercept": 0.1,
        "score": 0.5,
        "explanation": [{"feature": "sex", "feature_explanation": "sex=m", "weight": 0.2}],
        "error": None,
    }


class TestRowFrames:
    def test_explained_features_come_first_in_the_table_of_values(self, dataset: Dataset) -> None:
        frame = values_frame(view_row([result(1, 0.7)], dataset, [], None))

        assert list(frame["feature"]) == ["sex", "age"]
        assert list(frame["condition"]) == ["sex=m", None]
        assert frame["weight"].isna().tolist() == [False, True]

    def test_the_explained_class_is_among_the_shown_ones(self) -> None:
        frame = classes_frame(["a", "b", "c", "d"], [0.5, 0.3, 0.15, 0.05], 3, 2)

        assert list(frame["name"]) == ["a", "d"]
        assert list(frame["role"]) == ["other class", "explained class"]

    def test_classes_are_compared_by_their_strongest_conditions(self) -> None:
        def explained(name: str, **weights: float) -> dict[str, object]:
            return {
                "label_name": name,
                "explanation": [
                    {"feature_explanation": text, "weight": weight} for text, weight in weights.items()
                ],
            }

        cells = compared_classes(
            [explained("x", a=0.5, b=-0.1), explained("y", c=-0.7, a=0.2), explained("z", d=9.0)], 2, 2
        )

        assert list(cells.itertuples(index=False, name=None)) == [
            ("x", 0, "a", 1, 0.5),
            ("y", 1, "c", 0, -0.7),
            ("y", 1, "a", 1, 0.2),
        ]
