"""One click from nothing to explanations."""

import re

from playwright.sync_api import Page, expect

from tests.browser.server import Server
from tests.browser.steps import chart, chosen_row, go_to, heading, settled

SLOW_MS = 240_000


def test_one_click_leads_to_explained_rows(page: Page, server: Server) -> None:
    page.goto(server.url)
    heading(page, "SparkLIME")

    page.get_by_role("button", name="Try it").click()

    expect(page.get_by_role("heading", level=1, name="Rows", exact=True)).to_be_visible(timeout=SLOW_MS)
    page.reload()
    heading(page, "Rows")
    expect(chart(page, re.compile("Weights of the .* of row \\d+"))).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text("569 of 569 rows explained")).to_be_visible(timeout=SLOW_MS)
    assert chosen_row(page) is not None

    settled(page)
    page.get_by_role("button", name="Random row").click()
    expect(page.get_by_role("heading", name=re.compile(r"Row \d+"))).to_be_visible()

    go_to(page, "Workers")
    expect(page.get_by_text(re.compile(r"explains row \d+")).first).to_be_visible()


def test_a_link_to_a_row_opens_in_another_browser(page: Page, server: Server) -> None:
    page.goto(server.url)
    run = page.get_by_test_id("stMain").get_by_role("link", name="breast_cancer").first.get_attribute("href")
    assert run is not None

    page.goto(f"{server.url}/{run.rsplit('/', 1)[-1]}&row=44")

    expect(page.get_by_role("heading", name="Row 44", exact=True)).to_be_visible()
    expect(chart(page, re.compile("Weights of the .* of row 44"))).to_be_visible()
