"""Runs compared, renamed and taken away, and tables of every shape, as a person does it."""

import re
from pathlib import Path

from playwright.sync_api import Browser, Download, Page, expect

from sparklime_core.data.build_dataset import read_csv
from sparklime_core.models.train import train_forest
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.app.conftest import nasty_csv
from tests.browser.conftest import LARGE_CLASSES, LARGE_FEATURES, WINDOW, large_csv
from tests.browser.server import Server
from tests.browser.steps import (
    answered,
    chart,
    choose_file,
    chosen_row,
    go_to,
    heading,
    opened_dialogs,
    overflow,
    page_names,
    press,
    requests_to_other_hosts,
    settled,
    visit,
)
from tests.finished_run import make_run

NAME = "**bold** <img src=x onerror=alert(1)> =1+1"


def content(download: Download) -> bytes:
    return Path(download.path()).read_bytes()


def test_two_runs_are_compared_and_a_row_is_opened(page: Page, server: Server, runs: dict[str, Run]) -> None:
    visit(page, f"{server.url}/runs?run={runs['first'].id}", "Runs")
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
    dataset = read_csv(nasty_csv(), "**target**")
    run = make_run(RunStore(server.home / "runs"), dataset, train_forest(dataset, n_estimators=3), 4)
    with opened_dialogs(page) as dialogs:
        visit(page, f"{server.url}/runs?run={run.id}", "Runs")
        press(page, "Rename …")
        page.get_by_label("Name", exact=True).fill(NAME)
        with answered(page):
            page.get_by_role("dialog").get_by_role("button", name="Rename").click()

        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.get_by_text(NAME).filter(visible=True).first).to_be_visible()
        assert run.manifest().title == NAME
        visit(page, f"{server.url}/compare_runs?run={runs['nasty'].id}", "Compare runs")
        expect(page.get_by_text("Rows in both")).to_be_visible()
        assert page.locator("[data-testid=stMain] img[src=x]").count() == 0
    assert dialogs == []


def test_a_report_opens_without_a_server_and_runs_nothing(
    page: Page, server: Server, runs: dict[str, Run], browser: Browser, tmp_path: Path
) -> None:
    visit(page, f"{server.url}/runs?run={runs['nasty'].id}", "Runs")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Report").click()
    path = tmp_path / "report.html"
    path.write_bytes(content(waiting.value))

    context = browser.new_context(offline=True, viewport={"width": 430, "height": 900})
    report = context.new_page()
    printed: list[str] = []
    report.on("console", lambda message: printed.append(message.text))
    with requests_to_other_hosts(report) as outside, opened_dialogs(report) as dialogs:
        report.goto(path.as_uri())

        expect(report.get_by_role("heading", name="Explanations of # <b>table</b>")).to_be_visible()
        expect(report.get_by_text("How far to trust the explanations")).to_be_visible()
        expect(report.locator("svg").first).to_be_visible()
        expect(report.locator("svg").get_by_text("<img src=x onerror=alert(1)>").first).to_be_attached()
        assert report.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert (outside, dialogs, printed) == ([], [], [])
    context.close()


def test_results_and_pictures_are_taken_away(page: Page, server: Server, runs: dict[str, Run]) -> None:
    visit(page, f"{server.url}/rows?run={runs['nasty'].id}&row=2", "Rows")
    page.get_by_test_id("stMain").get_by_role("button", name="Download").first.click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Reason codes, one line per row").click()
    header, *lines = content(waiting.value).decode().splitlines()
    assert header.startswith('"row_id","predicted","probability","true","local_r2","reason_1"')
    assert len(lines) == 8
    assert all(not re.search(r'(^|,)"?[=+@-]\D', line) for line in lines)

    visit(page, f"{server.url}/compare_runs?run={runs['first'].id}", "Compare runs")
    expect(chart(page, re.compile("in the first run"))).to_be_visible()
    page.get_by_test_id("stPopover").filter(has_text="Save").first.click()
    for kind, beginning in (("PNG", b"\x89PNG"), ("SVG", b"<svg")):
        with page.expect_download() as waiting:
            page.get_by_test_id("stPopoverBody").get_by_role("button", name=kind).filter(visible=True).click()
        assert content(waiting.value).startswith(beginning)


def test_no_page_asks_anything_of_another_host_nor_is_wider_than_a_phone(
    page: Page, server: Server, runs: dict[str, Run]
) -> None:
    with requests_to_other_hosts(page) as outside:
        visit(page, f"{server.url}/rows?run={runs['large'].id}&row=3", "Rows")
        names = page_names(page)
        assert {"Start", "Data", "Rows", "Overview", "Workers", "Tuning", "Race", "Runs", "Help"} <= set(names)
        wide = {name: overflow_on_a_phone(page, name) for name in names}
    assert wide == dict.fromkeys(names, 0)
    assert outside == []


def overflow_on_a_phone(page: Page, name: str) -> int:
    """Open a page with the state of Spark in sight; return by how many pixels it is too wide for a phone."""
    page.set_viewport_size(WINDOW)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()
    heading(page, "SparkLIME" if name == "Start" else name)
    expect(page.get_by_test_id("stSidebar").get_by_text(re.compile("^Spark: ")).first).to_be_in_viewport()
    page.set_viewport_size({"width": 430, "height": 900})
    settled(page)
    expect(page.get_by_text("Traceback")).to_have_count(0)
    return overflow(page)


def test_many_features_and_classes_are_trained_and_shown(
    page: Page, server: Server, runs: dict[str, Run], tmp_path: Path
) -> None:
    path = tmp_path / "large.csv"
    path.write_bytes(large_csv())
    visit(page, f"{server.url}/data", "Data")
    choose_file(page, path)
    press(page, "Use this table")
    told = f"{LARGE_FEATURES} features; target: kind ({LARGE_CLASSES} classes)"
    expect(page.get_by_text(told)).to_be_visible()
    go_to(page, "Model")
    settled(page)
    page.get_by_role("spinbutton", name="Trees").fill("5")
    press(page, "Train")
    expect(chart(page, re.compile("Confusion matrix"))).to_be_visible()

    visit(page, f"{server.url}/rows?run={runs['large'].id}&row=3", "Rows")

    expect(chart(page, re.compile("Weights of the .* of row 3"))).to_be_visible()
    assert overflow(page) == 0
