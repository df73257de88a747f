"""What a person does on a page."""

import contextlib
import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect

CLICKS, CLICK_MS = 3, 20_000
ROW_HEIGHT = 33
"""Pixels of a table's line at the theme's font size."""


def heading(page: Page, title: str) -> None:
    """Wait for a page's title."""
    expect(page.get_by_role("heading", level=1, name=title, exact=True)).to_be_visible()


def go_to(page: Page, name: str) -> None:
    """Follow a link of the sidebar's navigation, and wait for the page."""
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()
    heading(page, name)


def select_table_row(page: Page, line: int) -> None:
    """Click the check box of a line of the first table, once the page has come to rest."""
    table = page.get_by_test_id("stDataFrame").first
    expect(table).to_be_visible()
    settled(page)
    table.click(position={"x": 15, "y": ROW_HEIGHT * (line + 1) + ROW_HEIGHT // 2})
    settled(page)


def open_row(page: Page, line: int, row: int) -> None:
    """Click a line of the table until its row is shown: a table that is being drawn does not hear a click."""
    opened = page.get_by_role("heading", name=f"Row {row}", exact=True)
    for _ in range(CLICKS):
        select_table_row(page, line)
        with contextlib.suppress(AssertionError):
            expect(opened).to_be_visible(timeout=CLICK_MS)
            return
    expect(opened).to_be_visible()


def chart(page: Page, name: str | re.Pattern[str]) -> Locator:
    """Return the chart of an accessible name."""
    return page.get_by_test_id("stVegaLiteChart").and_(page.get_by_label(name))


def settled(page: Page) -> None:
    """Wait until the server has answered the last action."""
    page.wait_for_timeout(500)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", re.compile("notRunning"))


def chosen_row(page: Page) -> int | None:
    """Return the row in the URL."""
    found = parse_qs(urlsplit(page.url).query).get("row")
    return int(found[0]) if found else None


def requests_to_other_hosts(page: Page) -> list[str]:
    """Return a list to which every address outside this machine is added that the page asks for from now on."""
    outside: list[str] = []

    def note(url: str) -> None:
        if not url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", "file:")):
            outside.append(url)

    page.on("request", lambda request: note(request.url))
    return outside


def page_names(page: Page) -> list[str]:
    """Return the titles of all pages, from the sidebar's navigation."""
    links = page.get_by_test_id("stSidebarNav").get_by_role("link")
    expect(links.first).to_be_visible()
    return [name.strip().splitlines()[-1] for name in links.all_inner_texts()]


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    return int(
        page.evaluate(
            "(() => { const main = document.querySelector('[data-testid=stMain]'), all = document.documentElement;"
            " return Math.max(main.scrollWidth - main.clientWidth, all.scrollWidth - innerWidth); })()"
        )
    )
