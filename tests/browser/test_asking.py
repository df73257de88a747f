"""From a list of rows to answers: a filter in a link, what if, and a comparison that can be sent."""

import re
from collections.abc import Callable

import numpy as np
from playwright.sync_api import Page, expect

from sparklime_core.runs.query.rows import explanations_of
from sparklime_core.runs.run import Run
from tests.browser.server import Server
from tests.browser.steps import (
    answered,
    chart,
    chosen_row,
    enter,
    heading,
    press,
    select_table_row,
    settled,
    show,
    visit,
)


def go_to_row(page: Page, row: int) -> None:
    enter(page, page.get_by_role("spinbutton", name="Go to row"), row)
    expect(page.get_by_role("heading", name=f"Row {row}", exact=True)).to_be_visible()


def test_what_if_answers_at_once_and_is_reset(page: Page, server: Server, runs: dict[str, Run]) -> None:
    run = runs["tumours"]
    visit(page, f"{server.url}/rows?run={run.id}&row=3", "Rows")
    show(page, "What if")
    expect(page.get_by_text("No value is changed yet.")).to_be_visible()

    inputs = run.inputs()
    strongest = explanations_of(run, 3)[0]["explanation"][0]["feature"]
    values = inputs.dataset.features[:, inputs.dataset.feature_names.index(strongest)]
    enter(page, page.get_by_role("spinbutton", name=strongest, exact=True), np.quantile(values, 0.1))

    expect(page.get_by_text(re.compile("before, it was"))).to_be_visible()
    expect(page.get_by_text(re.compile("^was "))).to_be_visible()
    expect(chart(page, "Weights of row 3, before and with these values")).to_be_visible()
    settled(page)
    with answered(page):
        page.get_by_role("button", name="Reset").last.click()
    expect(page.get_by_text("No value is changed yet.")).to_be_visible()


def test_a_link_to_a_filtered_list_and_to_a_comparison_can_be_sent(
    page: Page, new_page: Callable[[], Page], server: Server, runs: dict[str, Run]
) -> None:
    visit(page, f"{server.url}/rows?run={runs['tumours'].id}", "Rows")
    page.get_by_role("button", name="Filter").click()
    with answered(page):
        page.get_by_test_id("stPopoverBody").filter(visible=True).get_by_text("right", exact=True).click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=re.compile("^right"))).to_be_visible()
    select_table_row(page, 1)
    press(page, "Add to comparison")
    first = chosen_row(page)
    assert first is not None
    go_to_row(page, first + 7)
    press(page, "Add to comparison")

    other = new_page()
    visit(other, page.url, "Rows")
    expect(other.get_by_role("button", name=re.compile("^right"))).to_be_visible()
    expect(other.get_by_role("heading", name=f"Row {first + 7}", exact=True)).to_be_visible()
    other.get_by_test_id("stMain").get_by_role("link", name="Compare 2 rows").click()
    heading(other, "Compare rows")
    expect(chart(other, f"Weights of rows {first}, {first + 7}, on one scale")).to_be_visible()

    visit(other, other.url, "Compare rows")  # a session that has been told nothing but the link
    expect(other.get_by_role("link", name=f"Row {first + 7}")).to_be_visible()
