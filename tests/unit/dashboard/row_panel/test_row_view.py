"""What the row panel shows of a row."""

import dataclasses

import numpy as np
import pytest

from sparklime_core.dashboard.row_panel.row_view import classes_frame, compared_classes, values_frame, view_row
from sparklime_core.data.dataset import DataReport, Dataset
from sparklime_core.data.feature_encoding import Encoding, Feature


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


class TestRowView:
    def test_the_most_probable_label_is_shown_first(self, dataset: Dataset) -> None:
        view = view_row([result(0, 0.3), result(1, 0.7)], dataset, [1], None)

        assert view.result["label"] == 1
        assert (view.predicted, view.truth, view.right, view.unseen) == ("yes", "yes", True, True)
        assert view.labels == ((0, "no"), (1, "yes"))
        assert view.gap == pytest.approx(-0.1)

    def test_another_label_can_be_shown_without_changing_what_the_model_says(self, dataset: Dataset) -> None:
        view = view_row([result(0, 0.3), result(1, 0.7)], dataset, [], 0)

        assert view.result["label"] == 0
        assert (view.predicted, view.right, view.unseen) == ("yes", True, False)

    def test_a_label_that_the_row_does_not_have_is_not_shown(self, dataset: Dataset) -> None:
        assert view_row([result(0, 0.6)], dataset, [], 5).result["label"] == 0

    def test_a_failed_row_has_no_prediction_and_no_verdict(self, dataset: Dataset) -> None:
        failed = {**result(0, None), "label": None, "label_name": None, "explanation": None, "error": "broken"}

        view = view_row([failed], dataset, [], None)

        assert (view.predicted, view.right, view.gap, view.labels) == ("unknown", None, None, ())
        assert list(values_frame(view)["value"]) == ["2", "m"]

    def test_explained_features_come_first_in_the_table_of_values(self, dataset: Dataset) -> None:
        frame = values_frame(view_row([result(1, 0.7)], dataset, [], None))

        assert list(frame["feature"]) == ["sex", "age"]
        assert list(frame["condition"]) == ["sex=m", None]
        assert frame["weight"].isna().tolist() == [False, True]

    def test_the_explained_class_is_among_the_shown_ones(self) -> None:
        frame = classes_frame(["a", "b", "c", "d"], [0.5, 0.3, 0.15, 0.05], 3, 2)

        assert list(frame["name"]) == ["a", "d"]
        assert list(frame["role"]) == ["other class", "explained class"]

    def test_the_models_own_probabilities_say_what_it_predicts(self, dataset: Dataset) -> None:
        view = view_row([result(0, 0.3)], dataset, [], None, probabilities=(0.3, 0.7))

        assert (view.predicted, view.probability, view.right) == ("yes", 0.7, True)
        assert view.result["label_name"] == "no"

    def test_without_a_true_class_there_is_no_verdict(self, dataset: Dataset) -> None:
        new = dataclasses.replace(dataset, target=np.array([0, -1]))

        view = view_row([result(1, 0.7)], new, [], None)

        assert (view.predicted, view.truth, view.right) == ("yes", None, None)

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
