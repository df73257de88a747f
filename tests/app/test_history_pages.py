"""The pages of runs: what they did, how they compare."""

from collections.abc import Iterator

import pytest

from sparklime_core.data.table_source import load_sample
from sparklime_core.models.train import train_forest
from sparklime_core.runs.manifest import RunState
from sparklime_core.runs.run import Run
from tests.app.conftest import OpenPage, Runs, services_store, words
from tests.finished_run import make_run


class TestWorkers:
    def test_tasks_and_executors_are_shown(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_page("workers", run=runs.classes.id)

        figures = {metric.label: metric.value for metric in app.metric}
        assert (figures["Executors"], figures["Tasks"], figures["Rows"]) == ("2", "2", "12")
        assert len(app.get("vega_lite_chart")) == 4
        assert list(app.dataframe[0].value["rows"]) == [6, 6]
        assert "2.2 s of wall time, from the run's turn to its end, all measured" in words(app)

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
        app = open_page("compare_runs", run=runs.regression.id)

        assert "There is no other run over this table" in words(app)

    def test_the_rows_that_changed_most_come_first(self, runs: Runs, open_page: OpenPage, again: Run) -> None:
        app = open_page("compare_runs", run=runs.classes.id)

        assert app.query_params["with"] == again.id
        differing, table = app.dataframe[0].value, app.dataframe[1].value
        assert "model n_estimators" in list(differing["setting"])
        assert table["distance"].is_monotonic_decreasing
        assert {metric.label for metric in app.metric} >= {"Rows in both", "Class changed", "Mean local R²"}

    def test_runs_over_different_tables_are_told_apart(self, runs: Runs, open_page: OpenPage, again: Run) -> None:
        app = open_page("compare_runs", run=runs.classes.id, **{"with": runs.regression.id})

        assert "cannot be compared" in app.error[0].value

    @pytest.fixture
    def again(self, runs: Runs) -> Iterator[Run]:
        dataset = load_sample("breast_cancer")
        run = make_run(services_store(runs), dataset, train_forest(dataset, n_estimators=3, seed=1), 10)
        yield run
        run.discard()
