"""The parts of a row's panel that ask further: what if, alike; and rows side by side."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from sparklime_core.data.table_source import load_sample
from tests.app.conftest import OpenPage, Runs, sound, words


def open_part(open_page: OpenPage, name: str, run: str, row: int) -> AppTest:
    app = open_page("rows", run=run, row=row)
    return sound(app.segmented_control(key="row-part").set_value(name).run())


class TestWhatIf:
    def test_nothing_changed_is_the_row_itself(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_part(open_page, "What if", runs.classes.id, 3)

        assert "No value is changed yet." in words(app)
        assert app.button(key="whatif-reset-3").disabled
        assert [metric.delta for metric in app.metric] == [""] * 3

    def test_changed_values_are_predicted_and_explained_together_and_reset(
        self, runs: Runs, open_page: OpenPage
    ) -> None:
        app = open_part(open_page, "What if", runs.classes.id, 3)
        prefix = f"whatif-{runs.classes.id}-3-"
        dataset = load_sample("breast_cancer")

        for name in (
            "worst area",
            "worst perimeter",
            "worst radius",
            "worst concave points",
            "mean concave points",
        ):
            at = dataset.feature_names.index(name)
            app.number_input(key=f"{prefix}{at}").set_value(float(dataset.features[:, at].min()))
        sound(app.run())

        assert "before, it was **malignant**" in words(app)
        assert any(metric.delta for metric in app.metric)
        changed = app.dataframe[-1].value
        assert changed["changed"].sum() == 5
        assert (changed["value_before"] != changed["value"])[changed["changed"]].all()
        assert "was " in " ".join(caption.value for caption in app.caption)

        sound(app.button(key="whatif-reset-3").click().run())

        assert "No value is changed yet." in words(app)

    def test_a_category_is_a_choice_and_a_gap_an_empty_field(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_part(open_page, "What if", runs.all_labels.id, 3)
        prefix = f"whatif-{runs.all_labels.id}-3-"
        dataset = load_sample("penguins")
        length, island = (dataset.feature_names.index(name) for name in ("bill_length_mm", "island"))

        assert app.number_input(key=f"{prefix}{length}").value is None
        app.number_input(key=f"{prefix}{length}").set_value(50.0)
        assert "unseen" not in app.selectbox(key=f"{prefix}{island}").options
        app.selectbox(key=f"{prefix}{island}").select(0)
        sound(app.run())

        changed = app.dataframe[-1].value.set_index("feature")
        assert changed.loc["bill_length_mm", "value_before"] == "missing"
        assert changed.loc["bill_length_mm", "value"] == "50"
        assert changed.loc["island", "value"] == "Biscoe"

    def test_a_number_is_predicted_anew(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_part(open_page, "What if", runs.regression.id, 2)
        at = load_sample("diabetes").feature_names.index("bmi")
        field = app.number_input(key=f"whatif-{runs.regression.id}-2-{at}")

        sound(field.set_value(field.max).run())

        assert "The model predicts" in words(app)
        assert "before, it was" in words(app)


class TestAlike:
    @pytest.mark.parametrize("name", ["classes", "regression", "all_labels"])
    def test_both_kinds_of_neighbours_are_listed(self, runs: Runs, open_page: OpenPage, name: str) -> None:
        app = open_part(open_page, "Alike", getattr(runs, name).id, 1)

        same, other = (frame.value for frame in app.dataframe[-2:])
        assert same["apart"].is_monotonic_increasing
        assert other["apart"].is_monotonic_decreasing
        assert 1 not in {*same["row"], *other["row"]}


class TestCompareRows:
    def test_rows_are_gathered_kept_in_the_link_and_taken_away(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("rows", run=runs.classes.id, row=2)

        sound(app.button(key="compare").click().run())
        sound(app.number_input(key="go-to-row").set_value(5).run())
        sound(app.button(key="compare").click().run())

        assert app.query_params["compare"] == "2-5"
        assert "Compare 2 rows" in [link.value for link in app.main.page_link]

        sound(app.button(key="uncompare").click().run())

        assert app.query_params["compare"] == "2"

    @pytest.mark.parametrize("name", ["classes", "regression", "all_labels"])
    def test_their_explanations_are_on_one_scale(self, runs: Runs, open_page: OpenPage, name: str) -> None:
        app = open_page("compare_rows", run=getattr(runs, name).id, compare="1-4-2")

        assert len(app.get("vega_lite_chart")) == 1
        values = app.dataframe[0].value
        assert list(values.columns) == ["feature", "differ", "Row 1", "Row 4", "Row 2"]
        assert values["differ"].any()

    def test_rows_of_the_other_class_are_explained_for_the_chosen_one(
        self, runs: Runs, open_page: OpenPage
    ) -> None:
        app = open_page("compare_rows", run=runs.all_labels.id, compare="0-1")

        sound(next(box for box in app.selectbox if box.label == "Weights for the class").select(2).run())

        assert len(app.get("vega_lite_chart")) == 1

    def test_a_row_leaves_the_comparison(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("compare_rows", run=runs.classes.id, compare="1-4")

        sound(app.button(key="take-away-4").click().run())

        assert app.query_params["compare"] == "1"
        assert "A comparison needs at least two explained rows" in words(app)

    @pytest.mark.parametrize("linked", ["", "x", "99999", "1-1", "-", "<b>"])
    def test_a_link_that_names_no_rows_is_no_error(self, runs: Runs, open_page: OpenPage, linked: str) -> None:
        app = open_page("compare_rows", run=runs.classes.id, compare=linked)

        assert not app.error

    def test_nothing_chosen_yet_says_how(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("compare_rows", run=runs.classes.id)

        assert "Choose rows" in [link.value for link in app.main.page_link]


RAW = ("<img", "**bold**", "$x$", ":red[x]", "<b>table</b>", "# <b>", "**target**")


def literal(app: AppTest) -> None:
    texts = [element.value for element in (*app.markdown, *app.caption, *app.error, *app.info, *app.page_link)]
    texts += [element.label for element in (*app.number_input, *app.button, *app.toggle)]
    for text in texts:
        assert not [piece for piece in RAW if re.search(rf"(?<!\\){re.escape(piece)}", text)], text


def test_names_from_data_stay_literal_wherever_one_asks_further(runs: Runs, open_page: OpenPage) -> None:
    for part in ("What if", "Alike"):
        literal(open_part(open_page, part, runs.nasty.id, 1))
    everything = "outcome.right~value0.-9_9~value1._9~weight0._9~weight3._9~top_feature.%2A%2Abold%2A%2A"
    literal(open_page("rows", run=runs.nasty.id, filter=everything))
    literal(open_page("compare_rows", run=runs.nasty.id, compare="0-1"))
