"""Training, and looking at a model."""

import pickle
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from sparklime_core.data.dataset import Dataset
from sparklime_core.data.samples import load_sample
from sparklime_core.models.model_files import save_estimator
from sparklime_core.models.train import Model
from sparklime_core.runs.store import RunStore
from tests.app.conftest import OpenPage, send, sound


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
