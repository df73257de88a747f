"""Every page: fresh, and with what it shows."""

import pickle
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from sparklime_core.data.dataset import Dataset
from sparklime_core.data.samples import load_sample, sample_csv
from sparklime_core.models.forest import train_forest
from sparklime_core.models.storage import save_estimator
from sparklime_core.models.training import Model
from sparklime_core.runs.manifest import RunState
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.app.conftest import APP, SECONDS, Runs, sound, words
from tests.finished_run import make_run

OpenPage = Callable[..., AppTest]
PAGES = {
    "home": "SparkLIME",
    "data": "Data",
    "model": "Model",
    "spark": "Spark",
    "explain": "Explain",
    "rows": "Rows",
    "comparerows": "Compare rows",
    "whole": "Overview",
    "workers": "Workers",
    "runs": "Runs",
    "compare": "Compare runs",
    "help": "Help",
    "race": "Race",
    "tuning": "Tuning",
}
NEXT = {
    "model": "Choose a table",
    "explain": "Choose a table",
    "rows": "Start",
    "comparerows": "Start",
    "whole": "Start",
    "workers": "Start",
    "runs": "Start",
    "compare": "Start",
}


def send(app: AppTest, label: str) -> AppTest:
    """Press a form's button."""
    return next(button for button in app.form_submit_button if button.label == label).click().run()


def services_store(runs: Runs) -> RunStore:
    return RunStore(runs.home / "runs")


@pytest.mark.parametrize("name", PAGES)
def test_a_fresh_page_shows_no_error(no_runs: RunStore, open_page: OpenPage, name: str) -> None:
    app = open_page(name)

    assert app.title[0].value == PAGES[name]
    assert not app.error


@pytest.mark.parametrize("name", NEXT)
def test_an_empty_page_names_the_next_action(no_runs: RunStore, open_page: OpenPage, name: str) -> None:
    app = open_page(name)

    assert NEXT[name] in [link.value for link in app.main.page_link]


class TestData:
    def test_a_sample_is_one_click(self, no_runs: RunStore, open_page: OpenPage) -> None:
        app = open_page("data")

        sound(app.button(key="sample-penguins").click().run())

        assert "penguins: 344 rows, 7 features; to predict: species (3 classes)." in words(app)
        report = app.dataframe[-1].value
        assert list(report[report["role"] == "categorical"]["name"]) == ["island", "sex"]

    def test_an_upload_is_encoded_as_the_form_says(self, no_runs: RunStore, open_page: OpenPage) -> None:
        app = open_page("data")
        lines = [f"{row},{row % 3},{'ab'[row % 2]}" for row in range(20)]
        app.file_uploader[0].upload("my table.csv", "\n".join(["x,kind,label", *lines]).encode())
        sound(app.run())

        sound(app.selectbox(key="target").select("label").run())
        sound(send(app, "Use this table"))

        dataset: Dataset = app.session_state["dataset"]
        assert dataset.name == "my table"
        assert dataset.feature_names == ("x", "kind")
        assert dataset.class_names == ("a", "b")

    def test_files_of_the_server_are_offered_where_the_operator_names_folders_only(
        self, no_runs: RunStore, open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SPARKLIME_DATA_FOLDERS", raising=False)
        app = open_page("data")
        assert "Or a file on the server" not in [expander.label for expander in app.expander]

        offered = tmp_path / "offered"
        offered.mkdir()
        (offered / "wine.csv").write_bytes(sample_csv("wine"))
        (offered / "link.csv").symlink_to("/etc/passwd")
        monkeypatch.setenv("SPARKLIME_DATA_FOLDERS", str(offered))
        sound(app.run())
        files = app.selectbox(key=f"data-file-{offered}")
        assert files.options == ["wine.csv"]
        sound(files.select("wine.csv").run())
        sound(next(button for button in app.button if button.label == "Read it").click().run())

        assert app.session_state["source"].name == "wine"
        assert "178 rows, 14 columns" in words(app)

    def test_a_file_is_read_again_as_the_person_says(self, no_runs: RunStore, open_page: OpenPage) -> None:
        app = open_page("data")
        app.file_uploader[0].upload("days.csv", b"day,n\n01/02/2020,1\n03/04/2020,2\n05/06/2020,3\n")
        sound(app.run())
        decided = app.dataframe[1].value
        assert "delimiter" in list(decided["what"])

        app.selectbox(key="read-delimiter").select(";")
        sound(send(app, "Read it again"))

        assert app.session_state["source"].table.names == ("day,n",)

    @pytest.mark.parametrize(
        ("content", "part"),
        [
            (b"", "empty"),
            (b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe", "binary"),
            (b"a,b\n", "no rows"),
            (b"%PDF-1.7", "PDF"),
        ],
    )
    def test_a_wrong_file_is_told_in_a_sentence(
        self, no_runs: RunStore, open_page: OpenPage, content: bytes, part: str
    ) -> None:
        app = open_page("data")

        app.file_uploader[0].upload("wrong.csv", content)
        sound(app.run())

        (error,) = app.error
        assert part in error.value.replace("\\", "")
        assert "source" not in app.session_state or app.session_state["source"] is None

    def test_a_target_without_classes_is_told_in_a_sentence(self, no_runs: RunStore, open_page: OpenPage) -> None:
        app = open_page("data")
        app.file_uploader[0].upload("one.csv", b"x,y\n1,a\n2,a\n3,a\n")
        app.run()

        sound(send(app, "Use this table"))

        (error,) = app.error
        assert "nothing to learn" in error.value
        assert "dataset" not in app.session_state

    def test_another_table_drops_the_model(
        self, no_runs: RunStore, open_page: OpenPage, wine_model: tuple[Dataset, Model]
    ) -> None:
        app = open_page("data")
        app.session_state["dataset"], app.session_state["model"] = wine_model

        app.button(key="sample-diabetes").click().run()

        assert app.session_state["dataset"].name == "diabetes"
        assert "model" not in app.session_state


class TestModel:
    def test_a_forest_is_trained_and_measured(
        self, no_runs: RunStore, open_page: OpenPage, app: AppTest, wine_model: tuple[Dataset, Model]
    ) -> None:
        app.session_state["dataset"] = wine_model[0]
        open_page("model")
        app.number_input(key="trees").set_value(7)

        sound(send(app, "Train"))

        assert app.session_state["model"].settings.n_estimators == 7
        assert {"Accuracy", "Balanced accuracy", "ROC AUC"} <= {metric.label for metric in app.metric}
        assert len(app.get("vega_lite_chart")) == 4

    @pytest.mark.parametrize("kind", ["extra_trees", "boosting", "linear"])
    def test_other_models_are_trained(
        self, no_runs: RunStore, open_page: OpenPage, app: AppTest, wine_model: tuple[Dataset, Model], kind: str
    ) -> None:
        app.session_state["dataset"] = wine_model[0]
        open_page("model")
        app.selectbox(key="kind").select(kind)
        app.number_input(key="trees").set_value(5)

        sound(send(app, "Train"))

        assert app.session_state["model"].settings.kind == kind

    def test_a_number_has_its_residuals(self, no_runs: RunStore, open_page: OpenPage, app: AppTest) -> None:
        app.session_state["dataset"] = load_sample("diabetes")
        open_page("model")
        app.number_input(key="trees").set_value(5)

        sound(send(app, "Train"))

        assert "Mean absolute error" in {metric.label for metric in app.metric}
        assert len(app.get("vega_lite_chart")) == 2

    def test_a_model_of_ones_own_is_audited_and_measured(
        self,
        no_runs: RunStore,
        open_page: OpenPage,
        app: AppTest,
        wine_model: tuple[Dataset, Model],
        tmp_path: Path,
    ) -> None:
        dataset, model = wine_model
        app.session_state["dataset"] = dataset
        open_page("model")
        save_estimator(model.estimator, tmp_path / "own.skops")
        app.file_uploader(key="own-model").upload("own.skops", (tmp_path / "own.skops").read_bytes())

        sound(app.run())

        assert "trained elsewhere" in " ".join(info.value for info in app.info)
        assert "model" in app.session_state

    def test_a_pickle_is_refused_with_the_reason(
        self, no_runs: RunStore, open_page: OpenPage, app: AppTest, wine_model: tuple[Dataset, Model]
    ) -> None:
        app.session_state["dataset"] = wine_model[0]
        open_page("model")
        app.file_uploader(key="own-model").upload("own.pkl", pickle.dumps(wine_model[1].estimator))

        sound(app.run())

        assert "is a pickle" in app.error[0].value
        assert "model" not in app.session_state

    def test_a_table_that_is_too_small_is_told_in_a_sentence(self, no_runs: RunStore, open_page: OpenPage) -> None:
        app = open_page("data")
        app.file_uploader[0].upload("small.csv", b"x,y\n1,a\n2,b\n")
        app.run()
        send(app, "Use this table")
        app.switch_page("pages/views/model.py").run()

        sound(send(app, "Train"))

        assert "at least 4 are needed" in app.error[0].value


class TestExplain:
    def test_settings_are_offered_for_a_trained_model(
        self, no_runs: RunStore, open_page: OpenPage, app: AppTest, wine_model: tuple[Dataset, Model]
    ) -> None:
        app.session_state["dataset"], app.session_state["model"] = wine_model

        open_page("explain")

        assert [button.label for button in app.form_submit_button] == ["Explain"]
        assert app.number_input(key="num-features").value == 10
        assert "wine (178 rows, 13 features)" in words(app).replace("**", "")

    def test_rows_of_another_table_can_be_explained(
        self, no_runs: RunStore, open_page: OpenPage, app: AppTest, wine_model: tuple[Dataset, Model]
    ) -> None:
        app.session_state["dataset"], app.session_state["model"] = wine_model
        open_page("explain")
        header, *lines = sample_csv("wine").decode().splitlines()
        turned = "\n".join(",".join(reversed(line.split(","))) for line in [header, *lines[:5]])
        app.file_uploader(key="new-rows-file").upload("fresh.csv", turned.encode())

        sound(app.run())

        assert "fresh (5 rows, 13 features)" in words(app).replace("**", "")
        fresh: Dataset = app.session_state["new-rows"]
        assert (fresh.features == wine_model[0].features[:5]).all()

    def test_new_rows_that_lack_a_column_are_refused(
        self, no_runs: RunStore, open_page: OpenPage, app: AppTest, wine_model: tuple[Dataset, Model]
    ) -> None:
        app.session_state["dataset"], app.session_state["model"] = wine_model
        open_page("explain")
        app.file_uploader(key="new-rows-file").upload("short.csv", b"alcohol,hue\n1,2\n3,4\n")

        sound(app.run())

        assert "malic_acid" in app.error[0].value.replace("\\", "")

    def test_a_run_of_the_past_shows_how_it_ended(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("explain", run=runs.classes.id)

        assert "12 of 12 rows explained" in words(app)


class TestProgress:
    @pytest.fixture
    def app(self, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> AppTest:
        """Return an app whose server works on a run that is at its fifth of twelve rows."""
        from sparklime_core.dashboard.services import Services
        from sparklime_core.jobs.runner import Progress

        progress = Progress("explaining", 12, done=5, failed=1, seconds=2.0, by_executor={"0": 3, "1": 2})
        monkeypatch.setattr(Services, "progress", lambda _self, _run_id: progress)
        return AppTest.from_file(APP, default_timeout=SECONDS)

    def test_a_run_that_goes_on_says_what_is_measured_and_what_is_estimated(
        self, runs: Runs, open_page: OpenPage
    ) -> None:
        app = open_page("explain", run=runs.classes.id)

        assert "about 2.8 s remaining (an estimate, at the speed so far)" in words(app)
        assert "1 row failed" in words(app)
        assert "Look at the 5 rows explained so far" in [link.value for link in app.main.page_link]
        assert len(app.get("vega_lite_chart")) == 1

    def test_one_that_is_told_to_stop_says_so(
        self, runs: Runs, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from sparklime_core.jobs.manager import JobManager

        told: list[str] = []
        monkeypatch.setattr(JobManager, "cancel", lambda _self, run_id: told.append(run_id))
        app = open_page("explain", run=runs.classes.id)

        sound(app.button(key=f"cancel-{runs.classes.id}").click().run())
        sound(app.run())

        assert told == [runs.classes.id]
        button = app.button(key=f"cancel-{runs.classes.id}")
        assert button.disabled
        assert "Stopping" in button.label

    def test_the_workers_lanes_fill_meanwhile(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("workers", run=runs.classes.id)

        assert len(app.get("vega_lite_chart")) == 4


class TestRows:
    def test_the_first_row_is_explained_beside_the_table(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("rows", run=runs.classes.id)

        assert len(app.dataframe[0].value) == 12
        assert "The model says **malignant**" in words(app)
        assert [metric.label for metric in app.metric] == ["Model", "Surrogate", "Local R²", "Intercept"]
        assert app.query_params["row"] == "0"

    def test_a_link_leads_to_its_row(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("rows", run=runs.classes.id, row=7)

        assert "#### Row 7" in [text.value for text in app.markdown]

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

    @pytest.mark.parametrize("text", ["nonsense", "label.99", "value99.1_2", "~.~", "<b>x</b>"])
    def test_a_link_of_another_run_filters_nothing(self, runs: Runs, open_page: OpenPage, text: str) -> None:
        app = open_page("rows", run=runs.classes.id, filter=text)

        assert len(app.dataframe[0].value) == 12
        assert "filter" not in app.query_params

    def test_another_run_has_a_filter_of_its_own(self, runs: Runs, open_page: OpenPage, app: AppTest) -> None:
        open_page("rows", run=runs.classes.id, filter="label.1~value20.0_1")
        app.switch_page("pages/views/home.py").run()
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
        monkeypatch.setattr("sparklime_core.dashboard.rows.rowsearch.PAGE_ROWS", 5)

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

    def test_an_unknown_run_is_told_in_a_sentence(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("rows", run="no-such-run")

        assert "There is no run 'no-such-run' in the store." in words(app)

    @pytest.mark.parametrize("row", ["99999", "-1", "x", "<b>"])
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
        monkeypatch.setattr("sparklime_core.dashboard.rowpanel.panel.row_results", lambda *_: [failed])

        app = open_page("rows", run=runs.classes.id, row=4)

        assert "This row could not be explained: the model said *no*." in words(app)


class TestWorkers:
    def test_tasks_and_executors_are_shown(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("workers", run=runs.classes.id)

        figures = {metric.label: metric.value for metric in app.metric}
        assert (figures["Executors"], figures["Tasks"], figures["Rows"]) == ("2", "2", "12")
        assert len(app.get("vega_lite_chart")) == 4
        assert list(app.dataframe[0].value["rows"]) == [6, 6]
        assert "2.2 s of wall time, all measured" in words(app)

    def test_logs_that_are_not_there_are_no_error(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("workers", run=runs.classes.id)

        assert "not on this machine" in words(app)


class TestRuns:
    def test_the_history_lists_every_run(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("runs")

        listed = app.dataframe[0].value
        assert len(listed) == 4
        assert set(listed["state"]) == {RunState.FINISHED.value}

    def test_the_run_that_is_looked_at_is_selected(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("runs", run=runs.regression.id)

        assert runs.regression.id in words(app)

    def test_a_damaged_run_does_not_hide_the_others(self, runs: Runs, open_page: OpenPage) -> None:
        damaged = runs.home / "runs" / "damaged"
        damaged.mkdir()
        try:
            (damaged / "run.json").write_text("{")
            app = open_page("runs")
            assert "damaged" in set(app.dataframe[0].value["state"])
            assert len(app.dataframe[0].value) == 5
        finally:
            (damaged / "run.json").unlink()
            damaged.rmdir()

    def test_the_command_that_repeats_a_run_is_shown(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("runs", run=runs.regression.id)

        assert app.code[0].value.startswith("sparklime explain diabetes.csv --out=repeated")


class TestCompare:
    def test_a_run_alone_says_what_is_missing(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("compare", run=runs.regression.id)

        assert "There is no other run over this table" in words(app)

    def test_the_rows_that_changed_most_come_first(self, runs: Runs, open_page: OpenPage, again: Run) -> None:
        app = open_page("compare", run=runs.classes.id)

        assert app.query_params["with"] == again.id
        differing, table = app.dataframe[0].value, app.dataframe[1].value
        assert "model n_estimators" in list(differing["setting"])
        assert table["distance"].is_monotonic_decreasing
        assert {metric.label for metric in app.metric} >= {"Rows in both", "Class changed", "Mean local R²"}

    def test_runs_over_different_tables_are_told_apart(self, runs: Runs, open_page: OpenPage, again: Run) -> None:
        app = open_page("compare", run=runs.classes.id, **{"with": runs.regression.id})

        assert "cannot be compared" in app.error[0].value

    @pytest.fixture
    def again(self, runs: Runs) -> Iterator[Run]:
        dataset = load_sample("breast_cancer")
        run = make_run(services_store(runs), dataset, train_forest(dataset, n_estimators=3, seed=1), 10)
        yield run
        run.discard()


class TestHelp:
    def test_every_section_is_there(self, no_runs: RunStore, open_page: OpenPage) -> None:
        app = open_page("help")

        headings = [heading.value for heading in app.subheader]
        assert "The limits of an explanation" in headings
        assert "Not causes." in words(app)
        assert "arxiv.org/abs/1602.04938" in words(app)


class TestStart:
    def test_recent_runs_are_links(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("home")

        assert "breast\\_cancer" in [link.value for link in app.main.page_link]

    def test_try_it_submits_a_run_of_the_sample(
        self, no_runs: RunStore, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from sparklime_core.jobs.manager import JobManager
        from sparklime_core.jobs.service import SparkService

        monkeypatch.setattr(JobManager, "_work", lambda _: None)
        begun: list[bool] = []
        monkeypatch.setattr(SparkService, "connect_soon", lambda _service: begun.append(True))
        app = open_page("home")
        assert begun == []

        sound(app.button(key="try-it").click().run())

        assert len(begun) == 1
        (run,) = no_runs.runs()
        assert run.manifest().rows == 569
        assert app.session_state["run"] == run.id
        assert app.title[0].value == "Rows"
        assert "Yours: number 1 in line" in [caption.value for caption in app.sidebar.caption]

        another = AppTest.from_file(APP, default_timeout=60).run()
        another.switch_page("pages/views/explain.py")
        sound(another.run())

        (queue,) = another.dataframe
        assert queue.value["place"].tolist() == ["1 in line"]
        assert queue.value["whose"].tolist() == ["another session's"]
        assert "run" not in another.session_state
        assert "Yours" not in words(another)


class TestRace:
    def test_a_race_is_queued_for_the_open_run_and_shown(
        self, runs: Runs, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from sparklime_core.jobs.manager import JobManager
        from sparklime_core.jobs.race import Race

        queued: list[Race] = []
        monkeypatch.setattr(JobManager, "submit_errand", lambda _self, race: queued.append(race))
        app = open_page("race", run=runs.regression.id)
        assert app.selectbox(key="race-subject").value == "run"

        sound(send(app, "Start the race"))

        (race,) = queued
        assert race.plan.dataset.name == "diabetes"
        assert race.plan.explain.num_samples == 300
        assert "Waiting for the runs before it" in words(app)
        assert list(app.dataframe[0].value["state"]) == ["waiting"] * 4

        sound(app.button(key="cancel-race").click().run())
        sound(app.run())

        assert "was cancelled" in words(app)

    def test_what_ended_a_race_is_told(
        self, runs: Runs, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from sparklime_core.jobs.manager import JobManager

        monkeypatch.setattr(JobManager, "submit_errand", lambda _self, race: race.fail("Spark is *gone*."))
        app = open_page("race", run=runs.nasty.id)

        sound(send(app, "Start the race"))

        assert "Spark is *gone*." in words(app)
        assert set(app.dataframe[0].value["state"]) == {"failed"}


class TestTuning:
    def test_a_grid_is_measured_and_its_choice_fills_the_form(
        self, runs: Runs, open_page: OpenPage, app: AppTest, wine_model: tuple[Dataset, Model]
    ) -> None:
        app.session_state["dataset"], app.session_state["model"] = wine_model
        open_page("tuning")
        app.number_input(key="tuning-rows").set_value(4)
        app.number_input(key="tuning-pools").set_value(2)
        sound(send(app, "Try the grid"))
        deadline = time.monotonic() + 120
        while not [button for button in app.button if button.key == "use-tuning"]:
            assert time.monotonic() < deadline
            time.sleep(0.5)
            sound(app.run())
        assert len(app.get("vega_lite_chart")) == 3
        assert len(app.selectbox(key="tuning-choice").options) == 25

        app.selectbox(key="tuning-choice").select_index(7).run()
        sound(app.button(key="use-tuning").click().run())

        assert app.title[0].value == "Explain"
        assert app.number_input(key="num-samples").value == 1000
        assert app.number_input(key="kernel-width").value == pytest.approx(0.75 * 13**0.5, abs=1e-3)


def test_names_from_data_are_never_markdown(runs: Runs, open_page: OpenPage) -> None:
    for name in ("home", "explain", "rows", "comparerows", "workers", "runs", "race", "tuning"):
        app = open_page(name, run=runs.nasty.id)
        for element in (*app.markdown, *app.caption, *app.error, *app.page_link):
            for piece in ("<img", "**bold**", "$x$", ":red[x]", "<b>table</b>", "# <b>", "**target**"):
                assert piece not in element.value, (name, element.value)
