import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sparklime_core.dashboard.coldstart import APP
from sparklime_core.dashboard.data.table_form import changed_roles
from sparklime_core.dashboard.row_panel.row_view import classes_frame, compared_classes, values_frame, view_row
from sparklime_core.dashboard.rows.selection import clicked_point, clicked_row, line_of, whole_number
from sparklime_core.dashboard.shared.navigation import OLD_ADDRESSES
from sparklime_core.dashboard.shared.text import count, duration, number, plain, speed
from sparklime_core.data.column_roles import ColumnRole
from sparklime_core.data.dataset import DataReport, Dataset
from sparklime_core.data.feature_encoding import Encoding, Feature

NASTY = (
    "<img src=x onerror=alert(1)>",
    "**bold**",
    "$x$ and $$y$$",
    ":red[x]",
    ":smile:",
    ":material/home:",
    "[a](https://example.org)",
    "`code`",
    "a -> b",
    "# title",
    "- item",
    "1. item",
    "www.example.org",
    "=1+1",
)


class TestPlain:
    @pytest.mark.parametrize("text", NASTY)
    def test_no_mark_of_punctuation_is_left_to_markdown(self, text: str) -> None:
        shown = plain(text)

        marks = [
            at
            for at, letter in enumerate(shown)
            if letter.isascii() and not letter.isalnum() and letter not in " \\"
        ]
        assert marks
        assert all(shown[at - 1] == "\\" for at in marks)

    @pytest.mark.parametrize("text", NASTY)
    def test_without_the_escapes_it_is_the_text(self, text: str) -> None:
        assert plain(text).replace("\\", "").replace("\u2060", "") == text

    @pytest.mark.parametrize("text", [":smile:", ":material/home:", "a -> b", "a <= b"])
    def test_short_codes_and_arrows_are_broken_up(self, text: str) -> None:
        assert "\u2060" in plain(text)

    def test_it_is_one_line(self) -> None:
        assert plain("a\n\n# b\tc") == "a \\# b c"


def test_numbers_have_their_units_and_sensible_digits() -> None:
    assert count(1, "row") == "1 row"
    assert count(1200, "row") == "1,200 rows"
    assert count(2, "class", "classes") == "2 classes"
    assert [duration(seconds) for seconds in (0.04, 9.94, 59.4, 200, 3900)] == [
        "0.0 s",
        "9.9 s",
        "59 s",
        "3 min 20 s",
        "1 h 5 min",
    ]
    assert [speed(rate) for rate in (0.81, 12.3, 4321.0)] == ["0.8 rows/s", "12 rows/s", "4,321 rows/s"]
    assert [number(value) for value in (0.123456, 12345.6, 151.0)] == ["0.1235", "12,346", "151"]


class TestSelection:
    def test_a_selected_line_is_its_row(self) -> None:
        assert clicked_row([1], [7, 9]) == 9

    @pytest.mark.parametrize("selected", [[], [2], [-1]])
    def test_no_line_or_one_that_is_gone_is_no_row(self, selected: list[int]) -> None:
        assert clicked_row(selected, [7, 9]) is None

    def test_a_clicked_point_is_its_row(self) -> None:
        assert clicked_point([{"row_id": 9}]) == 9
        assert clicked_point([]) is None
        assert clicked_point([{"other": 1}]) is None

    def test_the_chosen_row_is_marked_where_it_is_on_the_page(self) -> None:
        assert line_of(9, [7, 9]) == [1]
        assert line_of(8, [7, 9]) == []
        assert line_of(None, [7, 9]) == []

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("12", 12),
            ("0", 0),
            (None, None),
            ("-1", None),
            ("1e3", None),
            ("", None),
            ("²", None),
            ("9" * 30, None),
        ],
    )
    def test_a_url_holds_whole_numbers_or_nothing(self, text: str | None, found: int | None) -> None:
        assert whole_number(text) == found


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

    def test_a_gap_is_seen_beside_the_range_of_predictions(self, dataset: Dataset) -> None:
        assert dataset.prediction_span == 1.0
        encoding = dataclasses.replace(dataset.encoding, class_names=None)
        values = dataclasses.replace(
            dataset, target=np.append(np.linspace(0.0, 100.0, 101), np.nan), encoding=encoding
        )
        assert values.prediction_span == 90.0

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


def test_only_roles_that_a_person_changed_overrule() -> None:
    proposed = (ColumnRole("a", "numeric", ""), ColumnRole("b", "drop", ""), ColumnRole("t", "target", ""))
    edited = pd.DataFrame({"column": ["a", "b"], "role": ["categorical", "drop"]})

    assert changed_roles(proposed, edited) == {"a": "categorical"}


def test_every_page_is_found_by_a_cold_server() -> None:
    folder = Path(APP).parent / "pages"
    views = {path.name for path in (folder / "views").glob("*.py")} - {"start.py"}
    old = {f"{address}.py" for address in OLD_ADDRESSES}

    assert {path.name for path in folder.glob("*.py")} == views | old
