"""Two studies on a sample: a race against lime, found again after a reload, and settings that fill the form."""

import re

from playwright.sync_api import Page, expect

from tests.browser.server import Server
from tests.browser.steps import chart, go_to, heading, press, settled, visit


def test_tuning_fills_the_form_with_what_was_chosen(page: Page, server: Server) -> None:
    visit(page, f"{server.url}/data", "Data")
    press(page, "Wine")
    expect(page.get_by_text("How each column is used")).to_be_visible()
    go_to(page, "Model")
    press(page, "Train")
    expect(page.get_by_text("Where is it wrong?")).to_be_visible()

    go_to(page, "Tuning")
    settled(page)
    page.get_by_role("spinbutton", name="Rows").fill("8")
    page.get_by_role("spinbutton", name="Pools").fill("3")
    with server.closed_gate("study"):
        press(page, "Try the grid")
        expect(page.get_by_text("0 of 25 choices measured").first).to_be_visible()
    expect(page.get_by_role("button", name="Use these settings")).to_be_visible()
    expect(chart(page, re.compile("Fit against stability"))).to_be_visible()
    chosen = page.get_by_role("combobox", name=re.compile("Settings")).input_value()
    press(page, "Use these settings")

    heading(page, "Explain")
    width, samples = re.findall(r"[\d.,]+\d", chosen)[:2]
    expect(page.get_by_label("Samples", exact=True)).to_have_value(samples.replace(",", ""))
    page.get_by_text("More settings").click()
    shown = float(page.get_by_label("Kernel width", exact=True).input_value())
    assert abs(shown - float(width)) < 0.01


def test_a_race_is_cancelled_and_the_next_is_found_again_after_a_reload_and_tells_the_truth(
    page: Page, server: Server
) -> None:
    visit(page, f"{server.url}/race", "Race")
    page.get_by_role("slider").press("Home")
    with server.closed_gate("race"):
        press(page, "Start the race")
        press(page, "Cancel the race")
        expect(page.get_by_text("The race was cancelled; what was measured until then stays.")).to_be_visible()
        expect(page.get_by_role("button", name="Start the race")).to_be_enabled()

        press(page, "Start the race")
        expect(chart(page, "Rows explained over time by each contestant")).to_be_visible()
        expect(page.get_by_role("button", name="Cancel the race")).to_be_visible()
        page.reload()
        heading(page, "Race")
        expect(page.get_by_role("button", name="Cancel the race")).to_be_visible()
    expect(page.get_by_role("heading", name="lime on more cores")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel the race")).to_have_count(0)

    settled(page)
    for name in ("Engine sampled", "Engine exact", "The recipe's UDF"):
        expect(page.get_by_test_id("stMetric").filter(has_text=name)).to_be_visible()
    expect(chart(page, "Speed-up over cores")).to_be_visible()
