"""The dashboard for people who use a screen reader or a keyboard alone, or who need contrast."""

import re
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from sparklime_core.runs.run import Run
from tests.browser.server import Server
from tests.browser.steps import answered, chart, go_to, heading, press, run_of, settled, visit

STREAMLITS_OWN = {
    "list": "Streamlit's navigation puts a div for each section between its ul and the li elements",
    "listitem": "the same, seen from its li elements",
}
"""Rules that only Streamlit's own markup breaks; no page of ours can mend it."""

RULES: dict[Literal["light", "dark"], dict[str, Any]] = {
    "light": {"rules": {rule: {"enabled": False} for rule in STREAMLITS_OWN}},
    "dark": {"runOnly": ["color-contrast"]},
}
"""What axe looks for in the light, and in the dark, where only colours differ."""

AXE = Axe().axe_script
GRAVE = {"serious", "critical"}
MOST_TABS = 150
"""More presses of Tab than any page has places to stop at."""

PANELS = ("Values", "Groups", "Differences", "Profiles", "SHAP")
PARTS = ("Values", "Trust", "How local?", "SHAP", "What if", "Nearest change", "Alike", "Classes")


def test_axe_finds_nothing_serious_on_any_page(page: Page, server: Server, runs: dict[str, Run]) -> None:
    first, second = runs["first"].id, runs["second"].id
    found: set[str] = set()
    visit(page, f"{server.url}/data", "Data")
    press(page, "Wine")
    found |= complaints(page, "Data")
    go_to(page, "Model")
    press(page, "Train")
    found |= complaints(page, "Model")
    go_to(page, "Explain")
    settled(page)
    found |= complaints(page, "Explain")
    for title, path in (
        ("SparkLIME", ""),
        ("Overview", f"overview?run={first}&overview=Features"),
        ("Workers", f"workers?run={first}"),
        ("Compare runs", f"compare_runs?run={first}&with={second}"),
        ("Compare rows", f"compare_rows?run={first}&compare=3-8"),
        ("Race", f"race?run={first}"),
        ("Tuning", f"tuning?run={first}"),
        ("Spark", "spark"),
        ("Help", "help"),
    ):
        visit(page, f"{server.url}/{path}", title)
        found |= complaints(page, path)
    visit(page, f"{server.url}/runs?run={first}", "Runs")
    found |= complaints(page, "Runs")
    press(page, "Rename …")
    found |= complaints(page, "a dialog")
    assert found == set()


def test_axe_finds_nothing_serious_on_any_panel_of_the_overview(
    page: Page, server: Server, runs: dict[str, Run]
) -> None:
    visit(page, f"{server.url}/overview?run={runs['first'].id}&overview=Features", "Overview")
    found: set[str] = set()
    for panel in PANELS:
        with answered(page):
            page.get_by_role("tab", name=panel).click()
        found |= complaints(page, panel, page.get_by_test_id("stMain"))
    assert found == set()


def test_axe_finds_nothing_serious_on_any_part_of_a_row(page: Page, server: Server, runs: dict[str, Run]) -> None:
    visit(page, f"{server.url}/rows?run={runs['first'].id}&row=5", "Rows")
    found = complaints(page, "rows")
    parts = page.get_by_test_id("stButtonGroup").filter(has_text="Nearest change")
    panel = page.get_by_test_id("stColumn").filter(has=parts).first
    for part in PARTS:
        with answered(page):
            parts.get_by_text(part, exact=True).click()
        found |= complaints(page, part, panel)
    assert found == set()


def test_a_row_is_chosen_and_looked_at_by_keyboard_alone(page: Page, server: Server, runs: dict[str, Run]) -> None:
    visit(page, f"{server.url}/rows?run={runs['first'].id}&row=5", "Rows")
    expect(page.get_by_role("heading", name="Row 5", exact=True)).to_be_visible()

    tab_to(page, page.get_by_label("Go to row"))
    page.keyboard.type("2")
    with answered(page):
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Row 2", exact=True)).to_be_visible()

    parts = page.get_by_test_id("stButtonGroup").filter(has_text="Nearest change")
    tab_to(page, parts.get_by_role("radio").first)
    page.keyboard.press("ArrowRight")
    with answered(page):
        page.keyboard.press("Enter")
    expect(parts.get_by_role("radio", name="Values", checked=True)).to_be_attached()
    expect(chart(page, re.compile("Distribution of feature .* and the place of row 2")).first).to_be_visible()


def test_a_run_is_started_by_keyboard_alone(page: Page, server: Server) -> None:
    visit(page, f"{server.url}/data", "Data")
    enter_on(page, page.get_by_role("button", name="Wine", exact=True))
    expect(page.get_by_text("wine: 178 rows")).to_be_visible()
    follow(page, "Model")
    enter_on(page, page.get_by_role("button", name="Train", exact=True))
    expect(page.get_by_text("Accuracy", exact=True)).to_be_visible()
    follow(page, "Explain")
    settled(page)
    enter_on(page, page.get_by_test_id("stMain").get_by_role("button", name="Explain", exact=True))

    assert run_of(page)
    expect(page.get_by_text("178 of 178 rows explained")).to_be_visible()


def complaints(page: Page, place: str, within: Locator | None = None) -> set[str]:
    """Return what axe finds serious on a page, or within a part of it: in the dark, of contrast alone.

    It begins with the colours that the page has: each change draws all of it again.
    """
    settled(page)
    app = page.get_by_test_id("stApp")
    present = app.evaluate("app => getComputedStyle(app).colorScheme")
    found = []
    for scheme in sorted(RULES, key=lambda scheme: scheme != present):
        page.emulate_media(color_scheme=scheme)
        expect(app).to_have_css("color-scheme", scheme)
        settled(page)
        found += _grave(page, within or page.locator("html"), RULES[scheme])
    return {f"{place}: {one}" for one in found}


def _grave(page: Page, within: Locator, options: dict[str, Any]) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    command = "(part, options) => axe.run(part, options).then(found => found.violations)"
    return [
        f"{violation['id']} {node['html'][:200]} {node['failureSummary']}"
        for violation in within.evaluate(command, {"resultTypes": ["violations"], **options})
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]


def tab_to(page: Page, place: Locator) -> None:
    """Press Tab until a place has the focus."""
    expect(place).to_be_attached()
    settled(page)
    for _ in range(MOST_TABS):
        if place.evaluate("place => place === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to {place}")


def enter_on(page: Page, button: Locator) -> None:
    """Go to a button by Tab, press Enter, and wait for the answer."""
    expect(button).to_be_enabled()
    tab_to(page, button)
    with answered(page):
        page.keyboard.press("Enter")


def follow(page: Page, name: str) -> None:
    """Go to a link of the sidebar's navigation by Tab, press Enter, and wait for its page."""
    tab_to(page, page.get_by_test_id("stSidebarNav").get_by_role("link", name=re.compile(f"{name}$")))
    page.keyboard.press("Enter")
    heading(page, name)
