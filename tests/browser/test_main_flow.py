"""The main job, as a person does it: from a CSV file to explanations made by two workers."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from sparklime_core.data.table_source import sample_csv
from tests.browser.server import Server
from tests.browser.steps import (
    chart,
    choose_file,
    chosen_row,
    go_to,
    heading,
    press,
    requests_to_other_hosts,
    select_table_row,
    show,
    visit,
    watched,
)


@pytest.fixture
def wine(tmp_path: Path) -> Path:
    """A table with a column that gives the target away: bottles stand on the shelf of their cultivar."""
    table = pd.read_csv(io.BytesIO(sample_csv("wine")))
    place = np.random.default_rng(0).uniform(0, 2.9, len(table))
    table.insert(0, "shelf", (3 * table["cultivar"].astype("category").cat.codes + place).round(2))
    path = tmp_path / "wine list.csv"
    table.to_csv(path, index=False)
    return path


@contextmanager
def another_browser(page: Page) -> Iterator[Page]:
    """A page of somebody else, whose browser has other cookies."""
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context()
    yield watched(context.new_page())
    context.close()


def test_from_a_csv_file_to_explanations_by_two_workers(page: Page, server: Server, wine: Path) -> None:
    outside = requests_to_other_hosts(page)
    visit(page, server.url, "SparkLIME")

    go_to(page, "Data")
    choose_file(page, wine)
    expect(page.get_by_text("178 rows, 15 columns")).to_be_visible()
    press(page, "Use this table")
    expect(page.get_by_text("178 rows, 14 features; target: cultivar (3 classes)")).to_be_visible()

    go_to(page, "Model")
    press(page, "Train")
    expect(page.get_by_text(re.compile("shelf.* alone predicts .*cultivar"))).to_be_visible()
    press(page, "Leave it out and train again")
    expect(page.get_by_text("No trap was found")).to_be_visible()
    expect(page.get_by_text("Accuracy", exact=True)).to_be_visible()
    expect(chart(page, re.compile("Confusion matrix"))).to_be_visible()

    page.reload()
    heading(page, "Model")
    expect(page.get_by_text("Accuracy", exact=True)).to_be_visible()
    with another_browser(page) as stranger:
        visit(stranger, page.url, "Model")
        expect(stranger.get_by_text("belongs to another person")).to_be_visible()
        expect(stranger.get_by_text("wine")).to_have_count(0)

    go_to(page, "Spark")
    show(page, "a cluster on this machine")
    press(page, "Start the cluster")
    expect(page.get_by_role("button", name="Disconnect")).to_be_visible()
    expect(page.get_by_text(re.compile(r"spark://127\.0\.0\.1:\d+")).first).to_be_visible()
    expect(page.get_by_text("All executors can explain.")).to_be_visible()  # both are there before the rows are

    go_to(page, "Explain")
    press(page, "Explain")
    expect(page.get_by_text("178 of 178 rows explained")).to_be_visible()

    page.get_by_test_id("stMain").get_by_role("link", name="Explained rows").click()
    heading(page, "Rows")
    select_table_row(page, 2)
    expect(page.get_by_role("heading", name="Row 2", exact=True)).to_be_visible()
    assert chosen_row(page) == 2
    expect(chart(page, re.compile("Weights of the .* of row 2"))).to_be_visible()

    page.reload()
    heading(page, "Rows")
    expect(page.get_by_role("heading", name="Row 2", exact=True)).to_be_visible()
    assert chosen_row(page) == 2

    go_to(page, "Workers")
    expect(page.get_by_text("178 of 178 rows explained")).to_be_visible()
    for executor in ("0", "1"):
        panel = page.get_by_test_id("stExpander").filter(has_text=f"of executor {executor}")
        expect(panel.get_by_text(re.compile(r"explains row \d+")).first).to_be_visible()
        expect(panel.get_by_text("RandomForestClassifier").first).to_be_visible()
    expect(page.get_by_text("executor 0, process").first).to_be_attached()
    expect(page.get_by_text("executor 1, process").first).to_be_attached()

    go_to(page, "Spark")
    press(page, "Stop the cluster")
    expect(page.get_by_text("local[*]").first).to_be_visible()
    assert outside == []
