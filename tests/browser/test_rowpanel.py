"""One row, looked at from all sides."""

import re

from playwright.sync_api import Page, expect

from sparklime_core.runs.run import Run
from tests.browser.server import Server
from tests.browser.steps import chart, go_to, heading, press, select_table_row, show, visit


def test_a_row_is_looked_at_from_all_sides(page: Page, server: Server, runs: dict[str, Run]) -> None:
    visit(page, f"{server.url}/rows?run={runs['first'].id}&row=5", "Rows")
    expect(page.get_by_text(re.compile("Explained by executor 0 on 127.0.0.1, process 100"))).to_be_visible()

    show(page, "Trust", within="stButtonGroup")
    press(page, "Measure it")
    expect(page.get_by_text(re.compile(r"\(10 pools\)"))).to_be_visible()

    select_table_row(page, 2)
    expect(page.get_by_role("heading", name="Row 2", exact=True)).to_be_visible()
    expect(page.get_by_text(re.compile(r"\(10 pools\)"))).to_be_visible()

    show(page, "Why", within="stButtonGroup")
    expect(page.get_by_text(re.compile("over 10 pools"))).to_be_visible()
    expect(chart(page, re.compile("Weights of the .* of row 2"))).to_be_visible()

    show(page, "Values", within="stButtonGroup")
    expect(chart(page, re.compile("Distribution of feature .* and the place of row 2")).first).to_be_visible()

    show(page, "SHAP", within="stButtonGroup")
    expect(chart(page, re.compile("LIME beside SHAP for .* of row 2"))).to_be_visible()
    expect(page.get_by_text(re.compile("They agree on the sign of"))).to_be_visible()

    page.reload()
    heading(page, "Rows")
    expect(chart(page, re.compile("LIME beside SHAP for .* of row 2"))).to_be_visible()
    go_to(page, "Overview")
    go_to(page, "Rows")
    expect(chart(page, re.compile("LIME beside SHAP for .* of row 2"))).to_be_visible()

    show(page, "Nearest change", within="stButtonGroup")
    expect(page.get_by_text(re.compile("distance .*; the model then predicts")).first).to_be_visible()
    page.get_by_text("For many rows", exact=True).click()
    press(page, "Find their changes")
    expect(page.get_by_text(re.compile("a change was found; the table has the nearest per row"))).to_be_visible()

    show(page, "Classes", within="stButtonGroup")
    expect(chart(page, "Weights of the strongest conditions by class")).to_be_visible()
