"""Pages opened in this process, and the finished runs that they show."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from sparklime_core.dashboard.shared import services
from sparklime_core.dashboard.shared.sign_in import COOKIE
from sparklime_core.data.build_dataset import read_csv
from sparklime_core.data.dataset import Dataset
from sparklime_core.data.table_source import load_sample
from sparklime_core.models.train import Model, train_forest
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.finished_run import make_run

APP = str(Path(__file__).parents[2] / "app.py")
SECONDS = 60

OpenPage = Callable[..., AppTest]

NASTY = (
    "<img src=x onerror=alert(1)>",
    "**bold**",
    "$x$",
    ":red[x]",
    "=1+1",
    "a.b[0]",
)


@dataclass(frozen=True)
class Runs:
    """Finished runs on disk, and what they were made of."""

    home: Path
    classes: Run
    regression: Run
    all_labels: Run
    nasty: Run


@pytest.fixture(scope="session", autouse=True)
def _packages_looked_through_once() -> Iterator[None]:
    """Let Streamlit look for components in all installed packages once: each `AppTest` reads them all again."""
    with pytest.MonkeyPatch.context() as patch:
        scan = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        yield


@pytest.fixture(scope="session", autouse=True)
def _nothing_in_the_background() -> Iterator[None]:
    """Let a page import what it needs, and no more: nobody waits here for the next click."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(services, "warm_up", lambda: None)
        yield


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    home = tmp_path_factory.mktemp("home")
    store = RunStore(home / "runs")

    def make(dataset: Dataset, rows: int, labels: str = "predicted", stability: int = 0) -> Run:
        return make_run(store, dataset, train_forest(dataset, n_estimators=10), rows, labels, stability)

    return Runs(
        home,
        make(load_sample("breast_cancer"), 12),
        make(load_sample("diabetes"), 8),
        make(load_sample("penguins"), 8, "all", stability=3),
        make(read_csv(nasty_csv(), "**target**", name="# <b>table</b>"), 6),
    )


@pytest.fixture
def live_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Let the pages live in a home; what they remember is forgotten where it is another one than before."""

    def live_in(home: Path) -> None:
        monkeypatch.setenv("SPARKLIME_HOME", str(home))
        if _remembered != [home]:
            forget()
            _remembered[:] = [home]

    return live_in


def forget() -> None:
    """Let the pages forget the server and what they have asked it, as a restart does."""
    services._made_once.cache_clear()
    st.cache_resource.clear()


_remembered: list[Path] = []
"""The home that the pages' caches are of."""


@pytest.fixture(autouse=True)
def become(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let the browser have a cookie; it has none at first, where AppTest has a mock of all cookies."""

    def become(person: str) -> None:
        monkeypatch.setattr(ContextProxy, "cookies", {COOKIE: person} if person else {})

    become("")
    return become


@pytest.fixture
def runs(made: Runs, live_in: Callable[[Path], None]) -> Runs:
    live_in(made.home)
    return made


@pytest.fixture
def no_runs(tmp_path: Path, live_in: Callable[[Path], None]) -> RunStore:
    live_in(tmp_path)
    return RunStore(tmp_path / "runs")


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(APP, default_timeout=SECONDS)


@pytest.fixture
def open_page(app: AppTest) -> Callable[..., AppTest]:
    """Open a page, as its link would."""

    def open_page(name: str, **query: object) -> AppTest:
        app.switch_page(f"pages/views/{name}.py")
        for key, value in query.items():
            app.query_params[key] = str(value)
        return sound(app.run())

    return open_page


@pytest.fixture(scope="session")
def wine_model() -> tuple[Dataset, Model]:
    dataset = load_sample("wine")
    return dataset, train_forest(dataset, n_estimators=5)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[Any]]:
    """Let the job manager take note of what a method of its is asked for, and do nothing."""

    def listen(method: str) -> list[Any]:
        from sparklime_core.jobs.manager import JobManager

        noted: list[Any] = []
        monkeypatch.setattr(JobManager, method, lambda _self, what: noted.append(what))
        return noted

    return listen


def sound(app: AppTest) -> AppTest:
    """Return the app after a look that no page has failed."""
    assert not app.exception
    assert not [error for error in app.error if "has failed" in error.value]
    return app


def words(app: AppTest) -> str:
    """Return the texts of a page as a person reads them, without the escapes of Markdown."""
    elements = [*app.title, *app.markdown, *app.caption, *app.info, *app.error, *app.success, *app.metric]
    texts = [f"{getattr(element, 'label', '')} {element.value}" for element in elements]
    return "\n".join(texts).replace("\\", "").replace("\u2060", "")


def nasty_csv() -> bytes:
    """Return a table whose names and values try to be more than text."""
    random = np.random.default_rng(0)
    lines = [",".join([*(f'"{name}"' for name in NASTY), "**target**"])]
    lines += [
        ",".join([*map(str, values), "=2+2" if values[0] > 0 else "<b>no</b>"])
        for values in random.normal(size=(60, len(NASTY))).round(3)
    ]
    return "\n".join(lines).encode()


def send(app: AppTest, label: str) -> AppTest:
    """Press a form's button."""
    return next(button for button in app.form_submit_button if button.label == label).click().run()


def services_store(runs: Runs) -> RunStore:
    return RunStore(runs.home / "runs")
