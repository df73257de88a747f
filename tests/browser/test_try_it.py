"""One click from nothing to explanations."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.server import Server
from tests.browser.steps import chart, chosen_row, go_to, heading, press, visit


def test_one_click_leads_to_explained_rows(page: Page, server: Server, new_page: Callable[[], Page]) -> None:
    visit(page, server.url, "SparkLIME")

    page.get_by_role("button", name="Try it").click()

    heading(page, "Rows")
    page.reload()
    heading(page, "Rows")
    expect(chart(page, re.compile("Weights of the .* of row \\d+"))).to_be_visible()
    expect(page.get_by_text("569 of 569 rows explained")).to_be_visible()
    assert chosen_row(page) is not None

    press(page, "Random row")
    expect(page.get_by_role("heading", name=re.compile(r"Row \d+"))).to_be_visible()

    go_to(page, "Workers")
    expect(page.get_by_text(re.compile(r"explains row \d+")).first).to_be_visible()

    visit(page, server.url, "SparkLIME")
    run = page.get_by_test_id("stMain").get_by_role("link", name="breast_cancer").first.get_attribute("href")
    assert run is not None
    other = new_page()
    visit(other, f"{server.url}/{run.rsplit('/', 1)[-1]}&row=44", "Rows")
    expect(other.get_by_role("heading", name="Row 44", exact=True)).to_be_visible()
    expect(chart(other, re.compile("Weights of the .* of row 44"))).to_be_visible()
