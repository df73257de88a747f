"""The overview: each of its panels, for every kind of run, and where there is little or nothing to show."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from sparklime_core.data.build_dataset import read_csv
from sparklime_core.data.dataset import Dataset
from sparklime_core.explain.schema import RESULT_SCHEMA, TASK_SCHEMA
from sparklime_core.models.train import train_forest
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.app.conftest import NASTY, OpenPage, Runs, sound, words
from tests.finished_run import make_run

PANELS = ("Features", "Values", "Profiles", "SHAP", "Groups", "Differences")
CHARTS = {"Features": 1, "Values": 2, "Profiles": 1, "SHAP": 1, "Groups": 1, "Differences": 1}


def charts(app: AppTest) -> int:
    return len(app.get("vega_lite_chart"))


def open_panel(open_page: OpenPage, panel: str, run: Run, **query: object) -> AppTest:
    return open_page("overview", run=run.id, overview=panel, **query)


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize("kind", ["classes", "regression", "all_labels", "nasty"])
def test_every_panel_is_drawn_for_every_kind_of_run(
    runs: Runs, open_page: OpenPage, panel: str, kind: str
) -> None:
    app = open_panel(open_page, panel, getattr(runs, kind))

    assert not app.error
    if panel != "Differences":
        assert charts(app) == CHARTS[panel]
        assert "Nothing" not in words(app)


class TestExplainedClass:
    def test_of_two_classes_all_rows_are_seen_from_one(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_panel(open_page, "Features", runs.classes)

        assert "12 explained rows: the features that speak for" in words(app)
        assert "those for the other class count against it" in words(app)

    def test_each_of_many_classes_is_explained_by_itself(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_panel(open_page, "Features", runs.all_labels)
        assert "for any predicted class" in words(app)

        sound(app.selectbox(key=f"overview-class-{runs.all_labels.id}").select(2).run())

        assert "the features that speak for and against **Gentoo**" in words(app)
        assert app.query_params["label"] == "2"

    def test_mixing_classes_is_a_choice_that_is_said(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_panel(open_page, "Features", runs.all_labels)

        sound(app.selectbox(key=f"overview-class-{runs.all_labels.id}").select_index(3).run())

        assert "each explained for its predicted class" in words(app)

    def test_a_link_carries_the_class(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_panel(open_page, "Features", runs.all_labels, label=1)

        assert "the features that speak for and against **Chinstrap**" in words(app)

    def test_regression_has_no_classes(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_panel(open_page, "Features", runs.regression)

        assert "the features that raise and lower progression" in words(app)
        assert not [box for box in app.selectbox if box.label == "Explained class"]


class TestFilter:
    def test_the_filter_of_the_rows_holds_here_too(self, runs: Runs, open_page: OpenPage) -> None:
        seen = int((~np.isin(np.arange(12), runs.classes.inputs().test_rows)).sum())

        app = open_panel(open_page, "Features", runs.classes, filter="rows.test")

        assert f"{12 - seen} explained rows" in words(app)

    def test_what_lets_nothing_through_says_so(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_panel(open_page, "Features", runs.classes, filter="outcome.failed")

        assert "No explained row of this class passes the filter." in words(app)
        assert "Show the rows" in [link.label for link in app.main.page_link]
        assert not charts(app)


class TestDifferences:
    def test_test_rows_can_be_compared_with_training_rows(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_panel(open_page, "Differences", runs.classes)

        sound(app.selectbox(key="overview-compare").select("Test against training rows").run())

        test = int(np.isin(np.arange(12), runs.classes.inputs().test_rows).sum())
        assert f"First: **test rows**, {test} explained rows." in words(app)
        assert f"Second: **training rows**, {12 - test} explained rows." in words(app)
        assert charts(app) == 1
        table = app.dataframe[-1].value
        assert list(table["difference"].abs()) == sorted(table["difference"].abs(), reverse=True)

    def test_two_classes_are_each_explained_for_themselves(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_panel(open_page, "Differences", runs.nasty)

        sound(app.selectbox(key="overview-compare").select("Two predicted classes").run())

        assert "Each group is explained for its own class" in words(app)
        assert charts(app) == 1

    def test_a_filter_can_be_compared_with_all_other_rows(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_panel(open_page, "Differences", runs.regression, filter="rows.test")

        sound(app.selectbox(key="overview-compare").select("The filter against all other rows").run())

        assert "**all other rows**" in words(app)

    def test_the_largest_errors_are_compared_in_regression(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_panel(open_page, "Differences", runs.regression)

        assert "the largest fifth of the errors" in words(app)
        assert charts(app) == 1

    def test_a_group_without_rows_is_named(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_panel(open_page, "Differences", runs.classes, filter="outcome.right")

        assert "no explained row of this filter and class is in wrong predictions" in words(app)
        assert not charts(app)


def test_a_picked_row_is_a_link_to_its_page(runs: Runs, open_page: OpenPage) -> None:
    app = open_panel(open_page, "Features", runs.classes)

    links = [link for link in app.main.page_link if link.label.startswith("Row ")]
    assert links
    query = links[0].proto.query_string
    assert f"run={runs.classes.id}" in query
    assert f"row={links[0].label.removeprefix('Row ')}" in query


def test_names_from_data_are_never_markdown(runs: Runs, open_page: OpenPage) -> None:
    for panel in PANELS:
        app = open_panel(open_page, panel, runs.nasty)
        for text in [*app.markdown, *app.caption]:
            for name in NASTY[:4]:
                assert name not in text.value


@pytest.fixture(scope="module")
def odd_runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Run]]:
    """Make runs that are at the edges: one row, many features and classes, failed rows."""
    home = tmp_path_factory.mktemp("home")
    store = RunStore(home / "runs")
    wide = _table(60, 100)
    model = train_forest(wide, n_estimators=5)
    return home, {
        "one_row": make_run(store, wide, model, 1),
        "wide": make_run(store, wide, model, 6),
        "failed": _failed(store, wide, model),
    }


@pytest.fixture
def odd(odd_runs: tuple[Path, dict[str, Run]], live_in: Callable[[Path], None]) -> dict[str, Run]:
    home, runs = odd_runs
    live_in(home)
    return runs


def _table(features: int, classes: int) -> Dataset:
    random = np.random.default_rng(0)
    values = random.normal(size=(4 * classes, features)).round(3)
    lines = [",".join([*(f"x{at}" for at in range(features)), "y"])]
    lines += [",".join([*map(str, row), f"class {at % classes}"]) for at, row in enumerate(values)]
    return read_csv(io.BytesIO("\n".join(lines).encode()), "y", name="wide")


def _failed(store: RunStore, dataset: Dataset, model: object) -> Run:
    whole = make_run(store, dataset, model, 2)  # type: ignore[arg-type]
    run = store.create(whole.manifest(), whole.inputs())
    failed = [{**dict.fromkeys(RESULT_SCHEMA.names), "row_id": row, "error": "not finite"} for row in range(2)]
    run.append(0, [0], pa.Table.from_pylist(failed, schema=RESULT_SCHEMA), TASK_SCHEMA.empty_table())
    return run


@pytest.mark.parametrize("panel", PANELS)
class TestEdges:
    def test_one_explained_row(self, odd: dict[str, Run], open_page: OpenPage, panel: str) -> None:
        app = open_panel(open_page, panel, odd["one_row"])

        assert not app.error
        said = words(app)
        assert "1 explained row" in said
        if panel == "Groups":
            assert "Groups need at least 3 explained rows" in said

    def test_many_features_and_classes(self, odd: dict[str, Run], open_page: OpenPage, panel: str) -> None:
        app = open_panel(open_page, panel, odd["wide"])

        assert not app.error
        assert len(app.selectbox[0].options) <= 7

    def test_a_run_in_which_every_row_failed(self, odd: dict[str, Run], open_page: OpenPage, panel: str) -> None:
        app = open_panel(open_page, panel, odd["failed"])

        assert not app.error
        assert "No explained row" in words(app)


class TestShap:
    def test_it_says_how_often_both_agree_and_over_which_rows(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_panel(open_page, "SHAP", runs.classes)

        assert re.search(r"Same first three \d+% of rows", words(app))
        assert re.search(r"Of them in common [0-3]\.\d of 3", words(app))
        assert re.search(r"Same sign \d+%", words(app))
        assert "All 12 rows. SHAP's values are by the model's own trees." in words(app)
        assert "of the first 3 in common, same sign in" in words(app)

    def test_of_many_rows_it_takes_some(
        self, runs: Runs, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sparklime_core.explain.shap_values.MOST_ROWS", 5)
        st.cache_resource.clear()

        app = open_panel(open_page, "SHAP", runs.classes)

        assert "5 of 12 rows, a random sample, the same every time" in words(app)
        assert "5 rows compared, too few to count how often the methods agree" in words(app)
        assert "Same first three" not in words(app)
        st.cache_resource.clear()

    def test_partial_dependence_is_of_one_class(self, runs: Runs, open_page: OpenPage) -> None:
        app = open_panel(open_page, "Profiles", runs.all_labels)
        assert "Partial dependence: the model's average" in words(app)

        sound(app.selectbox(key=f"overview-class-{runs.all_labels.id}").select_index(3).run())

        assert "Partial dependence is of one class: choose one to see it here." in words(app)
