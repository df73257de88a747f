"""Starting a run, and watching one."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from sparklime_core.data.build_dataset import read_csv
from sparklime_core.data.dataset import Dataset
from sparklime_core.data.table_source import sample_csv
from sparklime_core.models.settings import ModelSettings
from sparklime_core.models.train import Model, train_with
from sparklime_core.runs.store import RunStore
from tests.app.conftest import APP, SECONDS, OpenPage, Runs, sound, words


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
        fresh: Dataset = app.session_state["new-rows"].dataset
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

    def test_a_large_table_says_how_long_it_takes_and_measures_stability_of_a_sample(
        self, no_runs: RunStore, open_page: OpenPage, app: AppTest
    ) -> None:
        lines = "\n".join(f"{row % 977},{'ab'[row % 977 > 400]}" for row in range(50_000))
        dataset = read_csv(f"x,y\n{lines}".encode(), "y", name="large")
        settings = ModelSettings(n_estimators=1, max_depth=1)
        app.session_state["dataset"], app.session_state["model"] = dataset, train_with(dataset, settings)

        open_page("explain")

        assert "All 50,000 rows take about" in words(app)
        assert "and the stability of 20,000 of them measured" in words(app)
        assert app.number_input(key="stability-rows-50000").value == 20_000


class TestProgress:
    @pytest.fixture
    def app(self, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> AppTest:
        """Return an app whose server works on a run that is at its fifth of twelve rows."""
        from sparklime_core.dashboard.shared.services import Services
        from sparklime_core.jobs.runner import Progress

        progress = Progress(
            "explaining", 12, done=5, failed=1, seconds=2.5, by_executor={"0": 3, "1": 2}, first_wave=(1, 1.5)
        )
        monkeypatch.setattr(Services, "progress", lambda _self, _run_id: progress)
        return AppTest.from_file(APP, default_timeout=SECONDS)

    def test_a_run_that_goes_on_says_what_is_measured_and_what_is_estimated(
        self, runs: Runs, open_page: OpenPage
    ) -> None:
        app = open_page("explain", run=runs.classes.id)

        assert "about 1.8 s remaining (an estimate)" in words(app)
        assert "1 row failed" in words(app)
        assert "Show the 5 rows explained so far" in [link.value for link in app.main.page_link]
        assert len(app.get("vega_lite_chart")) == 1

    def test_one_that_is_told_to_stop_says_so(
        self, runs: Runs, open_page: OpenPage, asked: Callable[[str], list[str]]
    ) -> None:
        told = asked("cancel")
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
