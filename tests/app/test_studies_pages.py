"""The race and the tuning."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from sparklime_core.data.dataset import Dataset
from sparklime_core.models.train import Model
from tests.app.conftest import OpenPage, Runs, send, sound, words

if TYPE_CHECKING:
    from sparklime_core.jobs.race import Race


class TestRace:
    def test_a_race_is_queued_for_the_open_run_and_shown(
        self, runs: Runs, open_page: OpenPage, asked: Callable[[str], list["Race"]]
    ) -> None:
        queued = asked("submit_exclusive")
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

        monkeypatch.setattr(JobManager, "submit_exclusive", lambda _self, race: race.fail("Spark is *gone*."))
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
        deadline = time.monotonic() + 240
        while not [button for button in app.button if button.key == "use-tuning"]:
            assert time.monotonic() < deadline
            time.sleep(0.1)
            sound(app.run())
        assert len(app.get("vega_lite_chart")) == 3
        assert len(app.selectbox(key="tuning-choice").options) == 25

        app.selectbox(key="tuning-choice").select_index(7).run()
        sound(app.button(key="use-tuning").click().run())

        assert app.title[0].value == "Explain"
        assert app.number_input(key="num-samples").value == 1000
        assert app.number_input(key="kernel-width").value == pytest.approx(0.75 * 13**0.5, abs=1e-3)
