"""One row, looked at from all sides."""

import re

from playwright.sync_api import Page, expect

from sparklime_core.data.samples import load_sample
from sparklime_core.models.train_forest import train_forest
from sparklime_core.runs.store import RunStore
from tests.browser.server import Server
from tests.browser.steps import chart, heading, select_table_row, settled
from tests.finished_run import make_run


def look_at(page: Page, part: str) -> None:
    page.get_by_test_id("stButtonGroup").get_by_text(part, exact=True).click()
    settled(page)


def test_a_row_is_looked_at_from_all_sides(page: Page, server: Server) -> None:
    dataset = load_sample("penguins")
    store = RunStore(server.home / "runs")
    run = make_run(store, dataset, train_forest(dataset, n_estimators=10), 12, "all")
    page.goto(f"{server.url}/rows?run={run.id}&row=5")
    heading(page, "Rows")
    expect(page.get_by_text(re.compile("Explained by executor 0 on 127.0.0.1, process 100"))).to_be_visible()

    look_at(page, "Trust")
    page.get_by_role("button", name="Measure it").click()
    expect(page.get_by_text(re.compile(r"\(10 pools\)"))).to_be_visible()

    select_table_row(page, 2)
    expect(page.get_by_role("heading", name="Row 2", exact=True)).to_be_visible()
    expect(page.get_by_text(re.compile(r"\(10 pools\)"))).to_be_visible()

    look_at(page, "Why")
    expect(page.get_by_text(re.compile("over 10 pools"))).to_be_visible()
    expect(chart(page, re.compile("Weights of the .* of row 2"))).to_be_visible()

    look_at(page, "Values")
    expect(chart(page, re.compile("Distribution of feature .* and where row 2 lies")).first).to_be_visible()

    look_at(page, "Classes")
    expect(chart(page, "Weights of the strongest conditions by class")).to_be_visible()
