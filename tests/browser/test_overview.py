"""From all rows of a run to one of them: clicks in the overview's charts lead to the row."""

import re

from playwright.sync_api import Locator, Page, expect

from sparklime_core.runs.run import Run
from tests.browser.server import Server
from tests.browser.steps import answered, chart, chosen_row, go_to, heading, settled, visit

ROW = re.compile(r"^Row \d+$")


def test_clicks_in_charts_lead_to_a_feature_and_to_rows_and_panels_are_in_the_link(
    page: Page, server: Server, runs: dict[str, Run]
) -> None:
    visit(page, f"{server.url}/overview?run={runs['tumours'].id}&overview=Values", "Overview")
    click_a_point(page)
    follow_row(page, page.get_by_test_id("stMain").get_by_role("link", name=ROW).last)

    go_to(page, "Overview")
    choose_panel(page, "Groups")
    cells = chart(page, re.compile("Weights of .* by row, in groups"))
    with answered(page):
        cells.locator("svg .mark-rect path").first.click()
    expect(page.get_by_text(re.compile(r"· group [A-H]$"))).to_be_visible()
    follow_row(page, page.get_by_test_id("stMain").get_by_role("link", name=ROW).first)

    go_to(page, "Overview")
    choose_panel(page, "Differences")
    page.reload()
    heading(page, "Overview")
    expect(page.get_by_text("Where does the model reason differently?")).to_be_visible()


def click_a_point(page: Page) -> None:
    """Click a point of all features, which chooses its feature."""
    swarm = chart(page, re.compile("Weights of .* by value"))
    feature = page.get_by_role("combobox", name="Feature", exact=True)
    before = feature.input_value()
    with answered(page):
        swarm.locator("svg .mark-symbol path").last.click()
    expect(feature).not_to_have_value(before)
    expect(chart(page, re.compile(f"Weight of {re.escape(feature.input_value())} by its value"))).to_be_visible()


def choose_panel(page: Page, name: str) -> None:
    """Choose a panel, whose name is in the address from then on."""
    settled(page)
    with answered(page):
        page.get_by_role("tab", name=name).click()
    assert f"overview={name}" in page.url


def follow_row(page: Page, link: Locator) -> None:
    """Follow the link to the row that a click has chosen."""
    row = int(link.inner_text().split()[-1])
    link.click()
    heading(page, "Rows")
    assert chosen_row(page) == row
    expect(page.get_by_role("heading", name=f"Row {row}", exact=True)).to_be_visible()
