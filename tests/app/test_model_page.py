"""Training, and looking at a model."""

import pickle
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from sparklime_core.data.build_dataset import read_csv
from sparklime_core.data.dataset import Dataset
from sparklime_core.data.table_source import load_sample
from sparklime_core.models.model_files import save_estimator
from sparklime_core.models.settings import ModelSettings
from sparklime_core.models.train import Model, train_with
from sparklime_core.runs.store import RunStore
from tests.app.conftest import APP, SECONDS, OpenPage, send, sound, words


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


class TestTraps:
    def test_a_model_that_fails_is_still_shown_with_its_measures(
        self, no_runs: RunStore, open_page: OpenPage, app: AppTest
    ) -> None:
        asked = []

        def refuse(rows: object) -> object:
            asked.append(rows)
            raise ValueError("a licence has ended")

        dataset = load_sample("penguins")
        model = train_with(dataset, ModelSettings(n_estimators=2))
        model.estimator.predict_proba = refuse
        app.session_state["dataset"], app.session_state["model"] = dataset, model
        open_page("model")

        assert "failed: ValueError: a licence has ended." in words(app)
        assert "Accuracy" in {metric.label for metric in app.metric}
        assert "Next: explain its predictions" in [link.proto.label for link in app.get("page_link")]
        assert "This page has failed" not in words(app)
        before = len(asked)
        app.run()
        assert len(asked) - before == 1  # the plots ask again, and the search for traps does not

    def test_a_leak_is_found_and_left_out_with_one_click(
        self, no_runs: RunStore, open_page: OpenPage, app: AppTest
    ) -> None:
        delays = [(row, row % 60 - 20) for row in range(300)]
        lines = [f"{r * 37 % 101},{late},{r % 7},{'late' if late > 15 else 'on time'}" for r, late in delays]
        content = "\n".join(["x,arr_delay,y,late", *lines])
        open_page("data")
        app.file_uploader[0].upload("flights.csv", content.encode())
        sound(app.run())
        sound(send(app, "Use this table"))
        open_page("model")
        app.number_input(key="trees").set_value(5)
        sound(send(app, "Train"))
        assert "The column 'arr_delay' alone predicts 'late' with a balanced accuracy of 1" in words(app)

        again = next(button for button in app.button if button.label == "Leave it out and train again")
        sound(again.click().run())

        assert app.session_state["dataset"].feature_names == ("x", "y")
        assert app.session_state["model"].settings.n_estimators == 5
        assert app.session_state["model"].estimator.n_features_in_ == 2
        assert "arr_delay" not in words(app)
        tab = AppTest.from_file(APP, default_timeout=SECONDS)
        tab.switch_page("pages/views/data.py")
        tab.query_params["workspace"] = app.query_params["workspace"]
        sound(tab.run())
        roles = next(frame.value for frame in tab.dataframe if "column" in frame.value)
        assert roles.set_index("column")["role"]["arr_delay"] == "drop"

    def test_rows_of_a_rare_class_are_shown_and_a_sound_model_says_what_was_looked_for(
        self, no_runs: RunStore, open_page: OpenPage, app: AppTest
    ) -> None:
        open_page("data")
        sound(app.button(key="sample-penguins").click().run())
        open_page("model")
        sound(send(app, "Train"))
        assert "No trap was found" in words(app)
        assert "scores that fall on test rows, classes of few rows" in words(app)
        assert "trees cannot tell apart" in words(app)
        app.selectbox(key="kind").set_value("linear")
        sound(send(app, "Train"))
        assert "No trap was found" in words(app)
        assert "trees cannot tell apart" not in words(app)

        lines = [f"{row},{row % 2 * 3 + row % 3},{'ab'[row % 2] if row > 2 else 'rare'}" for row in range(120)]
        app.session_state["dataset"] = read_csv(("n,x,kind\n" + "\n".join(lines)).encode(), "kind", drop=["n"])
        sound(send(app, "Train"))
        assert "The class 'rare' has 3 rows in the whole table" in words(app)
        assert [0, 1, 2] in [list(frame.value["row"]) for frame in app.dataframe if "row" in frame.value]
