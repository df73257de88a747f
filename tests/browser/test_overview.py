"""From all rows of a run to one of them: clicks in the overview's charts lead to the row."""

import re

from playwright.sync_api import Page, expect

from sparklime_core.runs.run import Run
from tests.browser.server import Server
from tests.browser.steps import answered, chart, chosen_row, heading, visit


def open_panel(page: Page, server: Server, run: Run, panel: str) -> None:
    visit(page, f"{server.url}/overview?run={run.id}&overview={panel}", "Overview")


def open_row(page: Page) -> None:
    """Follow the link to the row that a click has chosen."""
    link = page.get_by_test_id("stMain").get_by_role("link", name=re.compile(r"^Row \d+$")).last
    row = int(link.inner_text().split()[-1])
    link.click()
    heading(page, "Rows")
    assert chosen_row(page) == row
    expect(page.get_by_role("heading", name=f"Row {row}", exact=True)).to_be_visible()


def test_a_point_leads_to_its_feature_and_its_row(page: Page, server: Server, runs: dict[str, Run]) -> None:
    open_panel(page, server, runs["tumours"], "Values")
    swarm = chart(page, re.compile("Weights of .* by value"))
    feature = page.get_by_role("combobox", name="Feature", exact=True)
    before = feature.input_value()

    with answered(page):
        swarm.locator("svg .mark-symbol path").last.click()

    expect(feature).not_to_have_value(before)
    expect(chart(page, re.compile(f"Weight of {re.escape(feature.input_value())} by its value"))).to_be_visible()
    open_row(page)


def test_a_cell_of_the_heat_map_leads_to_its_row(page: Page, server: Server, runs: dict[str, Run]) -> None:
    open_panel(page, server, runs["tumours"], "Groups")

    cells = chart(page, re.compile("Weights of .* by row, in groups"))
    with answered(page):
        cells.locator("svg .mark-rect path").first.click()

    expect(page.get_by_text(re.compile(r"· group [A-H]$"))).to_be_visible()
    page.get_by_test_id("stMain").get_by_role("link", name=re.compile(r"^Row \d+$")).first.click()
    heading(page, "Rows")
    assert chosen_row(page) is not None


def test_the_panel_and_the_class_are_in_the_link(page: Page, server: Server, runs: dict[str, Run]) -> None:
    open_panel(page, server, runs["tumours"], "Features")

    with answered(page):
        page.get_by_role("tab", name="Differences").click()
    assert "overview=Differences" in page.url
    page.reload()
    heading(page, "Overview")

    expect(page.get_by_text("Where does the model reason differently?")).to_be_visible()
