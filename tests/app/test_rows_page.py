"""The page of rows."""

import pytest
from streamlit.testing.v1 import AppTest

from sparklime_core.dashboard.row_panel.panel import PARTS
from sparklime_core.data.dataset import Dataset
from sparklime_core.models.train import Model
from sparklime_core.runs.inputs import model_path
from sparklime_core.runs.store import RunStore
from tests.app.conftest import OpenPage, Runs, sound, words
from tests.finished_run import make_run


class TestRows:
    def test_the_first_row_is_explained_beside_the_table(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("rows", run=runs.classes.id)

        assert len(app.dataframe[0].value) == 12
        assert "The model predicts **malignant**" in words(app)
        assert [metric.label for metric in app.metric] == ["Model", "Surrogate", "Fit", "Local R²", "Intercept"]
        assert app.query_params["row"] == "0"

    def test_a_link_leads_to_its_row(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("rows", run=runs.classes.id, row=7)

        assert "## Row 7" in [text.value for text in app.markdown]

    def test_the_table_and_the_weights_do_not_wait_for_the_model(
        self, no_runs: RunStore, wine_model: tuple[Dataset, Model], open_page: OpenPage
    ) -> None:
        run = make_run(no_runs, *wine_model, 5)
        model_path(run.folder).unlink()

        app = open_page("rows", run=run.id, row=3)

        assert len(app.dataframe[0].value) == 5
        assert [metric.label for metric in app.metric][:2] == ["Model", "Surrogate"]
        assert [error.value for error in app.error if "model" in error.value]

    @pytest.mark.parametrize("part", [part.name for part in PARTS if part.opens_model])
    def test_the_table_is_there_beside_a_part_that_lacks_the_model(
        self, no_runs: RunStore, wine_model: tuple[Dataset, Model], open_page: OpenPage, part: str
    ) -> None:
        run = make_run(no_runs, *wine_model, 5)
        model_path(run.folder).unlink()

        app = open_page("rows", run=run.id, row=3, **{"row-part": part})

        assert len(app.dataframe[0].value) == 5
        assert "damaged: model.skops is missing" in words(app)
        assert app.error

    def test_only_the_part_that_is_looked_at_is_drawn(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("rows", run=runs.classes.id, row=7)
        assert len(app.dataframe) == 1

        sound(app.segmented_control(key="row-part").set_value("Values").run())

        assert list(app.dataframe[-1].value.columns) == ["feature", "value", "condition", "weight"]
        assert not app.metric

    def test_another_class_of_a_row_can_be_explained(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("rows", run=runs.all_labels.id, row=2, label=1)

        switch = next(box for box in app.selectbox if box.label == "Explained class")
        assert switch.value == 1
        assert "speaks for **Chinstrap**" in words(app)

        sound(switch.select(2).run())

        assert "speaks for **Gentoo**" in words(app)
        assert app.query_params["label"] == "2"

    def test_regression_has_values_and_no_classes(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("rows", run=runs.regression.id)

        assert "The model predicts" in words(app)
        assert "the true value is **151**" in words(app)
        assert "Class probabilities" not in words(app)

    @pytest.mark.parametrize("view", ["Plot", "Features"])
    def test_the_other_views(self, runs: Runs, open_page: OpenPage, view: str) -> None:
        app = open_page("rows", run=runs.classes.id)
        charts = len(app.get("vega_lite_chart"))

        sound(app.segmented_control(key="rows-view").set_value(view).run())

        assert len(app.get("vega_lite_chart")) == charts + 1

    def test_the_filter_is_kept_in_the_link_and_its_chips_take_it_away(
        self, runs: Runs, open_page: OpenPage
    ) -> None:
        app = open_page("rows", run=runs.classes.id)
        everything = len(app.dataframe[0].value)

        sound(app.toggle(key="filter-test_only").set_value(True).run())
        sound(app.selectbox(key="filter-truth").select(1).run())

        filtered = len(app.dataframe[0].value)
        assert 0 < filtered < everything
        assert app.query_params["filter"] == "truth.1~rows.test"
        assert [app.button(key=f"chip-{at}").label for at in range(2)] == ["truly malignant", "test rows"]

        sound(app.button(key="chip-1").click().run())

        assert app.query_params["filter"] == "truth.1"
        assert not app.toggle(key="filter-test_only").value

    def test_a_link_to_a_filtered_list_fills_the_controls(self, runs: Runs, open_page: OpenPage) -> None:
        text = "outcome.right~prediction.0.55_~value3.100_~weight22.-1_~sort.-weight22"

        app = open_page("rows", run=runs.classes.id, filter=text)

        assert app.segmented_control(key="filter-outcome").value == "right"
        assert app.slider(key="filter-prediction-unit").value == (0.55, 1.0)
        assert app.multiselect(key="filter-values").value == [3]
        assert app.number_input(key="filter-value-3-low").value == 100
        assert app.number_input(key="filter-weight-22-low").value == -1
        assert app.selectbox(key="rows-order").value == "weight"
        assert app.query_params["filter"] == text
        assert app.dataframe[0].value["weight"].is_monotonic_decreasing

    def test_a_link_of_another_run_filters_nothing(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("rows", run=runs.classes.id, filter="label.99~<b>x</b>")

        assert len(app.dataframe[0].value) == 12
        assert "filter" not in app.query_params

    def test_another_run_has_a_filter_of_its_own(self, runs: Runs, open_page: OpenPage, app: AppTest) -> None:
        open_page("rows", run=runs.classes.id, filter="label.1~value20.0_1")
        app.switch_page("pages/views/start.py").run()
        app.query_params.clear()

        open_page("rows", run=runs.all_labels.id)

        assert "filter" not in app.query_params
        assert len(app.dataframe[0].value) == 8

    def test_rows_are_gone_to_by_number_and_by_chance(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("rows", run=runs.classes.id)

        sound(app.number_input(key="go-to-row").set_value(9).run())
        assert app.query_params["row"] == "9"

        sound(app.toggle(key="filter-test_only").set_value(True).run())
        sound(next(button for button in app.button if button.label == "Random row").click().run())
        assert int(app.query_params["row"]) in set(app.dataframe[0].value["row"])

    def test_the_table_begins_with_the_page_of_the_linked_row(
        self, runs: Runs, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sparklime_core.dashboard.rows.list_and_plot.PAGE_ROWS", 5)

        app = open_page("rows", run=runs.classes.id, row=11)
        assert list(app.dataframe[0].value["row"]) == [10, 11]

        sound(app.number_input(key="go-to-row").set_value(6).run())
        assert list(app.dataframe[0].value["row"]) == [5, 6, 7, 8, 9]

    def test_a_filter_that_lets_nothing_through_says_so(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("rows", run=runs.classes.id)

        sound(app.segmented_control(key="filter-outcome").set_value("failed").run())

        assert "No row passes this filter." in words(app)

    def test_the_largest_errors_come_first(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("rows", run=runs.regression.id)

        sound(app.selectbox(key="rows-order").select("error").run())

        assert app.dataframe[0].value["distance"].is_monotonic_decreasing
        assert app.toggle(key="rows-descending").value

    @pytest.mark.parametrize("run", ["no-such-run", "../outside", "/etc/passwd", "..", "."])
    def test_an_unknown_run_is_told_in_a_sentence(self, runs: Runs, open_page: OpenPage, run: str) -> None:
        app = open_page("rows", run=run)

        assert f"There is no run '{run}' in the store." in words(app)

    @pytest.mark.parametrize("row", ["99999", "<b>"])
    def test_a_row_that_is_not_there_is_no_error(self, runs: Runs, open_page: OpenPage, row: str) -> None:
        app = open_page("rows", run=runs.classes.id, row=row)

        assert not app.error

    def test_a_failed_row_shows_its_error(
        self, runs: Runs, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        failed = {
            **dict.fromkeys(["label", "label_name", "prediction", "local_prediction", "intercept", "score"]),
            "row_id": 4,
            "explanation": None,
            "error": "the model said *no*",
        }
        monkeypatch.setattr("sparklime_core.dashboard.row_panel.panel.explanations_of", lambda *_: [failed])

        app = open_page("rows", run=runs.classes.id, row=4)

        assert "This row could not be explained: the model said *no*." in words(app)
