from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from sparklime_core.data.samples import load_sample
from sparklime_core.models.train_forest import train_forest
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.browser.chromium import ARGUMENTS, find_chromium
from tests.browser.server import Server, running_server
from tests.finished_run import make_run
from tests.lacking import lacking

WAIT_MS = 30_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = find_chromium()
    if executable is None:
        lacking("there is no Chromium, and none could be installed: the browser tests have not run")
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture(scope="session")
def explained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Run]]:
    """Start a server with a finished run of 40 rows, and share it between the tests that only look at it."""
    home = tmp_path_factory.mktemp("home")
    dataset = load_sample("breast_cancer")
    run = make_run(RunStore(home / "runs"), dataset, train_forest(dataset, n_estimators=10), 40)
    with running_server(home) as server:
        yield server, run


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    yield page
    context.close()
