"""Runs compared, renamed and taken away, and tables of every shape, as a person does it."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Download, Page, expect

from sparklime_core.data.build_dataset import read_csv
from sparklime_core.data.samples import load_sample
from sparklime_core.models.train_forest import train_forest
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.app.conftest import nasty_csv
from tests.browser.server import Server
from tests.browser.steps import (
    chart,
    chosen_row,
    go_to,
    heading,
    overflow,
    page_names,
    requests_to_other_hosts,
    settled,
)
from tests.finished_run import make_run

NAME = "**bold** <img src=x onerror=alert(1)> =1+1"
FEATURES, CLASSES = 60, 100


def large_csv() -> bytes:
    """Return a table of many features and classes."""
    random = np.random.default_rng(0)
    lines = [",".join([*(f"a rather long name of feature {at}" for at in range(FEATURES)), "kind"])]
    for row in range(4 * CLASSES):
        values = random.normal(row % CLASSES, 0.3, FEATURES).round(3)
        lines.append(",".join([*map(str, values), f"class number {row % CLASSES}"]))
    return "\n".join(lines).encode()


@pytest.fixture(scope="module")
def runs(server: Server) -> dict[str, Run]:
    """Make finished runs in the server's home."""
    store = RunStore(server.home / "runs")
    penguins = load_sample("penguins")
    nasty = read_csv(nasty_csv(), "**target**", name="# <b>table</b>")
    large = read_csv(large_csv(), "kind", name="large")
    return {
        "first": make_run(store, penguins, train_forest(penguins, n_estimators=10), 30, "all"),
        "second": make_run(store, penguins, train_forest(penguins, n_estimators=2, max_depth=1, seed=5), 24),
        "nasty": make_run(store, nasty, train_forest(nasty, n_estimators=5), 8),
        "large": make_run(store, large, train_forest(large, n_estimators=5), 6),
    }


def content(download: Download) -> bytes:
    return Path(download.path()).read_bytes()


def test_two_runs_are_compared_and_a_row_is_opened(page: Page, server: Server, runs: dict[str, Run]) -> None:
    page.goto(f"{server.url}/runs?run={runs['first'].id}")
    heading(page, "Runs")
    page.get_by_test_id("stMain").get_by_role("link", name="Compare").click()
    heading(page, "Compare runs")

    expect(page.get_by_text("Rows in both")).to_be_visible()
    expect(page.get_by_test_id("stMetricValue").get_by_text("24", exact=True)).to_be_visible()
    expect(chart(page, re.compile("in the second run"))).to_be_visible()
    shown = page.get_by_role("heading", name=re.compile(r"^Row \d+$")).inner_text()

    links = page.get_by_role("link", name="Open this row in the run")
    expect(links).to_have_count(2)
    links.nth(1).click()

    heading(page, "Rows")
    expect(page.get_by_role("heading", name=shown, exact=True)).to_be_visible()
    assert chosen_row(page) == int(shown.split()[1])
    assert runs["second"].id in page.url


def test_a_run_is_renamed_and_its_name_stays_a_text(page: Page, server: Server, runs: dict[str, Run]) -> None:
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(f"{server.url}/runs?run={runs['second'].id}")
    heading(page, "Runs")

    page.get_by_role("button", name="Rename …").click()
    page.get_by_label("Name", exact=True).fill(NAME)
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text(NAME).first).to_be_visible()
    assert runs["second"].manifest().title == NAME
    page.goto(f"{server.url}/compare_runs?run={runs['first'].id}")
    heading(page, "Compare runs")
    expect(page.get_by_text("Rows in both")).to_be_visible()
    assert page.locator("[data-testid=stMain] img[src=x]").count() == 0
    assert dialogs == []


def test_a_report_opens_without_a_server_and_runs_nothing(
    page: Page, server: Server, runs: dict[str, Run], browser: Browser, tmp_path: Path
) -> None:
    page.goto(f"{server.url}/runs?run={runs['nasty'].id}")
    heading(page, "Runs")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Report").click()
    path = tmp_path / "report.html"
    path.write_bytes(content(waiting.value))

    context = browser.new_context(offline=True, viewport={"width": 430, "height": 900})
    report = context.new_page()
    outside, problems = requests_to_other_hosts(report), []
    report.on("dialog", lambda dialog: (problems.append(dialog.message), dialog.dismiss()))
    report.on("console", lambda message: problems.append(message.text))
    report.goto(path.as_uri())

    expect(report.get_by_role("heading", name="Explanations of # <b>table</b>")).to_be_visible()
    expect(report.get_by_text("How far to trust the explanations")).to_be_visible()
    expect(report.locator("svg").first).to_be_visible()
    expect(report.locator("svg").get_by_text("<img src=x onerror=alert(1)>").first).to_be_attached()
    assert report.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert (outside, problems) == ([], [])
    context.close()


def test_results_and_pictures_are_taken_away(page: Page, server: Server, runs: dict[str, Run]) -> None:
    page.goto(f"{server.url}/rows?run={runs['nasty'].id}&row=2")
    heading(page, "Rows")
    page.get_by_test_id("stMain").get_by_role("button", name="Download").first.click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Reason codes, one line a row").click()
    header, *lines = content(waiting.value).decode().splitlines()
    assert header.startswith('"row_id","predicted","probability","true","local_r2","reason_1"')
    assert len(lines) == 8
    assert all(not re.search(r'(^|,)"?[=+@-]\D', line) for line in lines)

    page.goto(f"{server.url}/compare_runs?run={runs['first'].id}")
    expect(chart(page, re.compile("in the first run"))).to_be_visible()
    settled(page)
    page.get_by_test_id("stPopover").filter(has_text="Save").first.click()
    for kind, beginning in (("PNG", b"\x89PNG"), ("SVG", b"<svg")):
        with page.expect_download() as waiting:
            page.get_by_test_id("stPopoverBody").get_by_role("button", name=kind).filter(visible=True).click()
        assert content(waiting.value).startswith(beginning)


def test_no_page_asks_anything_of_another_host_nor_is_wider_than_a_phone(
    browser: Browser, server: Server, runs: dict[str, Run]
) -> None:
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.set_default_timeout(60_000)
    outside = requests_to_other_hosts(page)
    page.goto(f"{server.url}/rows?run={runs['large'].id}&row=3")
    heading(page, "Rows")
    names = page_names(page)
    assert {"Start", "Data", "Rows", "Overview", "Workers", "Tuning", "Race", "Runs", "Help"} <= set(names)
    state = page.get_by_test_id("stSidebar").get_by_text(re.compile("^Spark: ")).first
    wide = {}
    for name in names:
        page.set_viewport_size({"width": 1400, "height": 900})
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()
        heading(page, "SparkLIME" if name == "Start" else name)
        expect(state).to_be_in_viewport()
        page.set_viewport_size({"width": 430, "height": 900})
        settled(page)
        wide[name] = overflow(page)
        expect(page.get_by_text("Traceback")).to_have_count(0)
    assert wide == dict.fromkeys(names, 0)
    assert outside == []
    context.close()


def test_two_browsers_at_once_have_a_table_each(browser: Browser, server: Server) -> None:
    contexts = [browser.new_context(viewport={"width": 1400, "height": 900}) for _ in range(2)]
    pages = [context.new_page() for context in contexts]
    for page, sample in zip(pages, ("Wine", "Diabetes"), strict=True):
        page.goto(f"{server.url}/data")
        heading(page, "Data")
        page.get_by_role("button", name=sample, exact=True).click()
    for page, told in zip(pages, ("wine: 178 rows", "diabetes: 442 rows"), strict=True):
        expect(page.get_by_text(told)).to_be_visible()
        go_to(page, "Model")
    expect(pages[0].get_by_text("predicts cultivar from")).to_be_visible()
    expect(pages[1].get_by_text("predicts progression from")).to_be_visible()
    for context in contexts:
        context.close()


def test_a_reload_in_the_middle_names_the_next_step(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/data")
    page.get_by_role("button", name="Wine", exact=True).click()
    expect(page.get_by_text("wine: 178 rows")).to_be_visible()
    go_to(page, "Model")

    page.reload()

    heading(page, "Model")
    page.get_by_test_id("stMain").get_by_role("link", name="Choose a table").click()
    heading(page, "Data")


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (b"x,y\n1,a\n", "at least"),
        (b"x,y\n", "no rows"),
    ],
)
def test_a_table_that_is_too_small_is_told_in_a_sentence(
    page: Page, server: Server, tmp_path: Path, table: bytes, told: str
) -> None:
    path = tmp_path / "small.csv"
    path.write_bytes(table)
    page.goto(f"{server.url}/data")
    page.locator("input[type=file]").set_input_files(path)
    use = page.get_by_role("button", name="Use this table")
    alert = page.get_by_test_id("stAlert")
    expect(use.or_(alert).first).to_be_visible()
    if use.count():
        use.click()

    expect(alert.first).to_be_visible()
    expect(page.get_by_text("Traceback")).to_have_count(0)


def test_many_features_and_classes_are_trained_and_shown(
    page: Page, server: Server, runs: dict[str, Run], tmp_path: Path
) -> None:
    path = tmp_path / "large.csv"
    path.write_bytes(large_csv())
    page.goto(f"{server.url}/data")
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="Use this table").click()
    expect(page.get_by_text(f"{FEATURES} features; to predict: kind ({CLASSES} classes)")).to_be_visible()
    go_to(page, "Model")
    page.get_by_role("spinbutton", name="Trees").fill("5")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(chart(page, re.compile("Confusion matrix"))).to_be_visible()

    page.goto(f"{server.url}/rows?run={runs['large'].id}&row=3")

    expect(chart(page, re.compile("Weights of the .* of row 3"))).to_be_visible()
    settled(page)
    assert overflow(page) == 0
