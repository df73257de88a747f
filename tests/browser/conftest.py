"""A real Chromium, and one server for all tests that do not kill it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from sparklime_core.data.build_dataset import read_csv
from sparklime_core.data.table_source import load_sample
from sparklime_core.models.train import train_forest
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.app.conftest import nasty_csv
from tests.browser.chromium import ARGUMENTS, find_chromium
from tests.browser.server import Server, running_server
from tests.browser.steps import WAIT_MS, watched
from tests.finished_run import make_run
from tests.lacking import lacking

WINDOW: ViewportSize = {"width": 1400, "height": 900}
LARGE_FEATURES, LARGE_CLASSES = 60, 100
FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
    # It has a session on a cluster, and kills the server. Before the others, there is nothing to be started again.
    items.sort(key=lambda item: item.path.name != "test_main_flow.py")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Start a Chromium for this folder's tests alone: while Playwright runs, its process has an event loop."""
    executable = find_chromium()
    if executable is None:
        lacking("there is no Chromium, and none could be installed: the browser tests have not run")
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture
def server(shared_server: Server, request: pytest.FixtureRequest) -> Iterator[Server]:
    """Lend the server out; where a test has failed, the next one finds none of the work that it has begun."""
    yield shared_server
    if request.node.stash.get(FAILED, False):
        shared_server.restart()


@pytest.fixture(scope="session")
def runs(shared_server: Server) -> dict[str, Run]:
    """Make finished runs in the server's home, which tests look at and leave as they are."""
    store = RunStore(shared_server.home / "runs")
    tumours, penguins = load_sample("breast_cancer"), load_sample("penguins")
    nasty = read_csv(nasty_csv(), "**target**", name="# <b>table</b>")
    large = read_csv(large_csv(), "kind", name="large")
    return {
        "tumours": make_run(store, tumours, train_forest(tumours, n_estimators=10), 40),
        "first": make_run(store, penguins, train_forest(penguins, n_estimators=10), 30, "all"),
        "second": make_run(store, penguins, train_forest(penguins, n_estimators=2, max_depth=1, seed=5), 24),
        "nasty": make_run(store, nasty, train_forest(nasty, n_estimators=5), 8),
        "large": make_run(store, large, train_forest(large, n_estimators=5), 6),
    }


@pytest.fixture(scope="package")
def tabs(browser: Browser) -> Iterator[list[Page]]:
    """Keep a tab for each person whom a test needs: it has compiled the pages' scripts for all later tests."""
    tabs: list[Page] = []
    yield tabs
    for tab in tabs:
        tab.context.close()


@pytest.fixture
def new_page(browser: Browser, tabs: list[Page], request: pytest.FixtureRequest) -> Iterator[Callable[[], Page]]:
    """Lend tabs, each of another person's browser; they hold nothing that another test has left in them."""
    lent: list[Page] = []

    def lend() -> Page:
        lent.append(tabs.pop() if tabs else _new_tab(browser))
        return lent[-1]

    yield lend
    for tab in reversed(lent):
        if request.node.stash.get(FAILED, False):
            tab.context.close()
        else:
            _clear(tab)
            tabs.append(tab)


@pytest.fixture
def page(new_page: Callable[[], Page]) -> Page:
    """Lend a tab."""
    return new_page()


def _new_tab(browser: Browser) -> Page:
    context = browser.new_context(viewport=WINDOW, reduced_motion="reduce")
    context.set_default_timeout(WAIT_MS)
    return watched(context.new_page())


def _clear(tab: Page) -> None:
    """Leave the dashboard for a page of the same site, which keeps the tab's process, and forget all of it."""
    if tab.url.startswith("http"):
        tab.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        tab.goto(urljoin(tab.url, "/_stcore/health"))
    tab.context.clear_cookies()
    tab.set_viewport_size(WINDOW)
    tab.emulate_media(color_scheme="light")


def large_csv() -> bytes:
    """Return a table of many features and classes."""
    random = np.random.default_rng(0)
    lines = [",".join([*(f"a rather long name of feature {at}" for at in range(LARGE_FEATURES)), "kind"])]
    for row in range(4 * LARGE_CLASSES):
        values = random.normal(row % LARGE_CLASSES, 0.3, LARGE_FEATURES).round(3)
        lines.append(",".join([*map(str, values), f"class number {row % LARGE_CLASSES}"]))
    return "\n".join(lines).encode()
