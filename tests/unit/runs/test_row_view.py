"""One row of a run in words."""

import dataclasses

import numpy as np
import pytest

from sparklime_core.data.dataset import Dataset
from sparklime_core.runs.row_view import row_sentences, view_row
from tests.small_table import result, small_dataset


@pytest.fixture
def dataset() -> Dataset:
    return small_dataset()


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

    def test_the_models_own_probabilities_say_what_it_predicts(self, dataset: Dataset) -> None:
        view = view_row([result(0, 0.3)], dataset, [], None, probabilities=(0.3, 0.7))

        assert (view.predicted, view.probability, view.right) == ("yes", 0.7, True)
        assert view.result["label_name"] == "no"

    def test_without_a_true_class_there_is_no_verdict(self, dataset: Dataset) -> None:
        new = dataclasses.replace(dataset, target=np.array([0, -1]))

        view = view_row([result(1, 0.7)], new, [], None)

        assert (view.predicted, view.truth, view.right) == ("yes", None, None)

    def test_a_failed_row_has_no_prediction_and_no_verdict(self, dataset: Dataset) -> None:
        failed = {**result(0, None), "label": None, "label_name": None, "explanation": None, "error": "broken"}

        view = view_row([failed], dataset, [], None)

        assert (view.predicted, view.right, view.gap, view.labels) == ("unknown", None, None, ())
        assert list(view.values.values()) == ["2", "m"]

    def test_the_page_and_the_report_say_the_same_sentences(self, dataset: Dataset) -> None:
        view = view_row([result(0, 0.3), result(1, 0.7)], dataset, [], None)

        assert row_sentences(view) == [
            "The model predicts yes with probability 0.70.",
            "That is right: it is yes.",
        ]
        assert row_sentences(view, "*{}*".format) == [
            "The model predicts *yes* with probability 0.70.",
            "That is right: it is *yes*.",
        ]
