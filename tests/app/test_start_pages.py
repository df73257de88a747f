"""The first page, and help."""

import pytest
from streamlit.testing.v1 import AppTest

from sparklime_core.runs.store import RunStore
from tests.app.conftest import APP, OpenPage, Runs, sound, words


class TestStart:
    def test_recent_runs_are_links(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("start")

        assert "breast\\_cancer" in [link.value for link in app.main.page_link]

    def test_try_it_submits_a_run_of_the_sample(
        self, no_runs: RunStore, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from sparklime_core.jobs.manager import JobManager
        from sparklime_core.jobs.spark_connection import SparkService

        monkeypatch.setattr(JobManager, "_work", lambda _: None)
        begun: list[bool] = []
        monkeypatch.setattr(SparkService, "connect_soon", lambda _service: begun.append(True))
        app = open_page("start")
        assert begun == []

        sound(app.button(key="try-it").click().run())

        assert len(begun) == 1
        (run,) = no_runs.runs()
        assert run.manifest().rows == 569
        assert app.session_state["run"] == run.id
        assert app.title[0].value == "Rows"
        assert "Yours: number 1 in line" in [caption.value for caption in app.sidebar.caption]

        another = AppTest.from_file(APP, default_timeout=240).run()
        another.switch_page("pages/views/explain.py")
        sound(another.run())

        (queue,) = another.dataframe
        assert queue.value["place"].tolist() == ["1 in line"]
        assert queue.value["whose"].tolist() == ["another session"]
        assert "run" not in another.session_state
        assert "Yours" not in words(another)


class TestHelp:
    def test_every_section_is_there(self, no_runs: RunStore, open_page: OpenPage) -> None:
        app = open_page("help")

        headings = [heading.value for heading in app.header]
        assert "The limits of an explanation" in headings
        assert "Not causes." in words(app)
        assert "arxiv.org/abs/1602.04938" in words(app)
