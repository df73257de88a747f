"""Frames of one row."""

import pytest

from sparklime_core.dashboard.row_panel.row_frames import classes_frame, compared_classes, values_frame
from sparklime_core.data.dataset import Dataset
from sparklime_core.runs.row_view import view_row
from tests.small_table import result, small_dataset


@pytest.fixture
def dataset() -> Dataset:
    return small_dataset()


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
